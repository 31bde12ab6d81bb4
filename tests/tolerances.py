"""Every tolerance of the tests, once, with where it comes from.

A quantity of size one that is off by one part in a thousand is off by 1e-3. Every figure below is at least four
orders of magnitude smaller, so no wrong coefficient passes.
"""

import numpy as np

EPS = float(np.finfo(float).eps)

# One formula evaluated twice, in another order of operations: some tens of roundings of numbers of size one.
ROUNDING = 100 * EPS

# Norms of states over any run: the promise. (Rounding: ten roundings per Mobius step, 1e3 steps.)
NORM = 1e-13

# |M^dagger J M - J| / |M|^2: the promise.
GROUP = 1e-13

# (1-z_ij)(1-z_kl) / ((1-z_il)(1-z_kj)): the promise.
CROSS_RATIO = 1e-11

# Two nodes against (13), and against SciPy's DOP853 at rtol = 1e-13 over ten units of time: the promise.
TWO_NODES = 1e-12

# A closed form in double precision against the same number at 40 digits. At kappa t = 200 the exponential turns one
# rounding of kappa t into 200 eps = 4e-14, and log and quotient add a few.
CLOSED_FORM = 2e-13

# log(1 - z) at kappa t = 2000 is a number of size 2000 with an error of some eps of itself.
LOGARITHM = 2e-12

# The deviation at kappa t = 200, about 1e-87, relatively: the promise.
DEVIATION = 1e-9

# The coupling at rtol = 1e-12 against SciPy's DOP853 at rtol = atol = 1e-13 over ten units of time: 10 rtol for the
# one, and for the other the sum of its local errors over at most 1e3 steps.
COUPLING = 1e-10

# A run against SciPy's DOP853 at 1e-12 on the whole grid equations: the promise.
BRUTE_FORCE = 1e-9

# Coherent states: eps ||H|| t / hbar with ||H|| t / hbar of a few thousand, and rtol = 1e-13 of the coupling: the
# promise.
COHERENT = 1e-11

# Two runs of the same problem at rtol = 1e-12 that take other steps: 10 rtol each, and eps ||H|| t / hbar < 1e-12.
SAME_PROBLEM = 3e-11

# Wigner functions against closed forms, in units of the largest value possible, 1 / (pi hbar): the promise.
WIGNER = 1e-12

# The sum over p of a Wigner function is one Fourier sum taken back: rounding of 2n terms.
MARGINAL = 1e-13

# Marginals over x, integrals, Moyal's identity: sums over up to 1e4 samples: the promise.
PHASE_SPACE = 1e-11

# Blow-up times: the promise.
BLOW_UP_TIME = 1e-8

# Thirty digits, read as doubles, against a run at rtol = 1e-12 from states on a grid: the promise is 1e-9.
THIRTY_DIGITS = 1e-9

# Norms and overlaps of sampled states that the box holds: the trapezoidal rule is exact to rounding.
SAMPLED = 1e-13

# A derivative of a sampled state by FFT multiplies rounding by the largest wavenumber, below 50 here.
SPECTRAL_DERIVATIVE = 1e-11

# The squeezing operator as the exponential of a matrix of 100 oscillator levels: eps times its norm, about 50.
SQUEEZING = 1e-13

# Mehler's kernel against a sum over levels until 1e-23 are left out: rounding of 60 terms of size one.
THERMAL = 1e-13

# Two linear flows of the same problem that take other ways: eps ||H|| t / hbar each, below 5e-13 in these tests.
LINEAR_FLOW = 1e-12

# Bessel functions against mpmath, and sums of their squares: some roundings of numbers below one.
BESSEL = 4e-15

# A driven oscillator at rtol = 1e-11 against its closed form: 10 rtol.
DRIVEN = 1e-10

# The slope of errors over halved steps, for a method of order 4.
ORDER = 0.15

# Boosts of order 4 at rtol = 1e-10 over a time of at most 30 / rate, against SciPy's DOP853 or the chart at 1e-12:
# errors of nodes add up, each below rtol per unit of 1 / rate, and the reference has its own sum of local errors.
BOOST_STEPPED = 2e-9

# Boosts in units of rtol: the promise.
BOOST = 10

# One thread against two: other orders of summation in libraries, some tens of roundings: the promise.
THREADS = 1e-13

# Observables against operators as matrices on tiny grids: sums of some hundred roundings of numbers below 1e2.
OBSERVABLE = 1e-11

# Moments and energies of evolved states against closed forms: COHERENT errors of states, times values below 1e2.
MOMENT = 1e-9

# A derivative in time by differences of order 4 with h = 1e-2: h^4 / 30 of a fifth derivative of some 10^2 is 3e-8.
DIFFERENCE = 1e-6

# The negative volume of the first excited state with 256 points in a box of length 24: 6e-5, from the kinks of |w|;
# a thousandth of the value is 2e-4.
NEGATIVITY = 1e-4

# Sums over phase space of functions that reach exp(-30) at its edge.
PHASE_SPACE_SUM = 1e-10

# Largest distances against all pairs of pairs: both from the same deviations or states, which agree to about 1e-10.
LARGEST_DISTANCE = 1e-9

# Moments of thermal states whose levels beyond 1e-10 of the weight are left out, each with moments below 1e2.
THERMAL_TAIL = 1e-7

# Wigner functions on a small plane, which holds its states to about 1e-9.
SMALL_PLANE = 1e-8

# Kernels of packets from Wigner functions on a grid that resolves both, and back: rounding of sums of up to 230 terms.
KERNEL = 1e-13

# What is left of a matrix by as many factors as its rank, relatively: the promise.
LOW_RANK = 1e-13

# Transport and Theta of smooth functions against closed forms and wave functions: eps times the largest wavenumber, and
# times potentials at the edge of the box, up to 1e4: the promise.
OPERATOR = 1e-11

# Whole right-hand sides against the product rule on wave functions: some operators of that accuracy.
EQUATION = 3e-11

# Fields on phase space: a sub-step against sums written as loops, some hundred roundings of numbers of size one.
FIELD_LOOP = 2e-13

# Fields in a harmonic potential, and back after a step forth: the promise.
FIELDS_ROTATED = 1e-11

# Fields in a quartic potential against wave functions at rtol = 1e-10 or below: the promise.
FIELDS_QUARTIC = 1e-10

# Gaussian blocks against their closed form: the promise.
FIELDS_BLOCKS = 1e-9

# Fields with the coupling at rtol = 1e-10 against SciPy's DOP853 at 1e-12 on the plain equations: the promise.
FIELDS_PLAIN = 1e-8

# A driven oscillator at rtol = 1e-11 against its path: 10 rtol, and what the box does not hold, exp(-25).
DRIVEN_FIELDS = 2e-10

# Integrals of fields, in two ways or at two times: 1e3 roundings over the sub-steps of a run.
FIELDS_SAME = 1e-12

# In the plane, a box that holds a Wigner function to exp(-26) and its coherences to exp(-24) of their largest value.
PLANE = 1e-10

# The slope of errors over a decade of steps, for a method of order 2.
ORDER_TWO = 0.1

# The coupling over a step, a series to rounding, against SciPy's DOP853 at rtol = 1e-13 over at most 4 / rate: the
# sum of local errors of the latter over at most 1e2 steps, for maps of size at most 1e2.
EXACT_STEP = 1e-11

# A step of the coupling and a step back: roundings of two series and of the products in between, for up to 7 nodes.
REVERSED_STEP = 1e-14

# A map of low rank beside the same one with all columns: what the cut at 1e-13 leaves out.
COMPRESSED = 2e-13

# The slope of errors over halved steps, for a method of order 6.
ORDER_SIX = 0.3

# Sums over products of coefficients of size one that are printed with 15 digits.
ORDER_CONDITION = 1e-14

# Wave functions by splitting at rtol = 1e-9 against SciPy's DOP853 at 1e-12 on the plain equation: the promise.
SPLITTING = 1e-8

# A soliton that the box holds to exp(-22), against its closed form.
SOLITON = 1e-9

# A step forth and a step back: the promise.
REVERSED = 1e-11

# The same steps in another order of operations, or of another library: some hundred sub-steps of rounding.
SAME_SPLITTING = 1e-12

# Any two methods, or brute force at 1e-12, on the same Wigner functions: 10 rtol at rtol = 1e-10, and what the box does
# not hold. Measured 2e-10.
THREE_WAYS = 1e-9

# Blocks in a harmonic potential against rotation and S1, relative to the largest: the promise.
BLOCKS_IN_CLOSED_FORM = 1e-9

# A change over a run against the integral of its rate, by Gauss's rule with 14 points: rtol = 1e-12, times values below
# 1e2.
TIME_INTEGRAL = 1e-10

# Identities of Theta on fields that the box holds: rounding of sums, times potentials at its edge, up to 1e3.
IDENTITY = 1e-11

# A run at rtol = 1e-12, and the reversed one: the promise.
THERE_AND_BACK = 1e-11

# A quartic potential in a basis of oscillator states against runs at rtol = 1e-12: the promise.
DIAGONALISED = 1e-10

# Rotation in a harmonic potential at rtol = 1e-12: the promise.
ROTATED = 1e-11

# Nodes on oscillator levels, by QuTiP's operators and functions, against runs at rtol = 1e-12: the promise.
QUTIP = 1e-10

# A time between outputs and the same time as an output, at rtol = 1e-10: other steps, 10 rtol each.
SAME_METHOD = 2e-9

# Observables of functions given on phase space against those of the states behind them, where the grid holds both:
# roundings of sums over the box with factors of up to 1e2, measured up to 1e-13.
GIVEN = 1e-12

# Norms of functions from factors, and by sums over phase space where the box holds them to 1e-11 of their squares.
SIZES = 1e-10

# Inner products of functions on phase space by products of matrices, and by sums of each pair: 1e4 roundings.
INNER_PRODUCTS = 1e-12

# An integral over panels by 9 points of Clenshaw and Curtis, of functions whose series on a panel ends at 1e-12.
PANELS = 1e-11

# The bound of the diameter in closed form against SciPy's DOP853 at rtol = 1e-12.
RICCATI = 1e-10

# The equation of correlations against differences in time of order 8 of a run that was stepped at rtol = 1e-9: ten
# times that, over a step of 0.01.
SPEEDS = 1e-6

# Order parameters of locked nodes at rtol = 1e-6 against closed forms: 10 rtol, where what remains of the start has
# decayed.
SETTLED = 1e-5

# Picard's iterates against the separation at rtol = 1e-12, to kappa t = 10: the promise. Measured up to 3e-13, 3e-11
# where the separation goes on with unit norms and the data have them to 1e-11.
PICARD = 1e-10

# One image under (40) on Chebyshev's points against SciPy's DOP853 at rtol = 1e-12, and the functions belonging to it.
IMAGE = 1e-11

# Duhamel's formula by 13 points of Clenshaw and Curtis, over the time in which a function changes: measured 3e-10.
DUHAMEL = 1e-8

# The slopes of a hat, shifted by a few samples: a sample more or less at each of three corners.
HAT = 0.03

# A potential as values on the grid, through operator kernels, against its formula between the points, where kernels
# vanish at the edge to 1e-12: times potentials of up to 1e2.
BY_KERNELS = 1e-9

# A Wigner transform against its definition, summed up point by point in the plane as products of lines: 1e4 roundings.
DEFINED = 1e-12

# The motion of functions in time, by differences of order 8 of a run stepped at rtol = 1e-9, against the right-hand
# side as it stands: 10 rtol over steps of 0.003.
MOTION = 1e-5

# The equation y' = .. of a lemma by 50 steps of order 4 between outputs, against its closed form: measured 4e-9.
COMPARED = 1e-8

# Arrays on a plane of 26 x 27 points against the wave functions they were made of: the tails cut off at the edges and
# at the largest momentum. Falls with the points: 1.8e-3, 3.0e-4, 6.5e-5, 1.4e-5 for 14, 20, 24, 26 points an axis.
COARSE_PLANE = 3e-5

# The time of a blow-up, ln 6 / kappa, that a run at rtol = 1e-7 finds: measured 3e-8 for operator kernels on 16 points,
# whose integrals lack as much, and 1e-11 elsewhere.
BLOW_UP_SEEN = 1e-6

# Probability at the edge of a box against the sum of the closed form and its periodic images: rounding of the flow.
MASS_SEEN = 1e-9

# Functions of a run by transforms of means, and summed one by one, where those that are stepped have 10 rtol = 1e-7.
SUMMED = 1e-12

# ||L w_ij|| of pure nodes from their energies, and by spectral terms on phase space: what the box does not hold,
# squared.
BY_REDUCTION = 1e-10

# A difference put into one number of a result against the one that is reported: it is about 1e-9 of numbers of order 1,
# known to 2e-16 of them.
MEASURED = 1e-6
ROOM_ON_DISK = 0.02  # of what data.zarr takes, foreseen: every number is counted, names and checksums are not

# Memory that is foreseen against the peak that is measured, in parts of it: pages that malloc keeps, threads.
FORESEEN = 0.15
