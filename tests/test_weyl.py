"""The Weyl transform and the Wigner transform of kernels against their defining integrals; factors of low rank."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wignerlohe as wl
from tolerances import KERNEL, LOW_RANK, ROUNDING, WIGNER
from wignerlohe import memory
from wignerlohe.phase_space.factors import factors
from wignerlohe.phase_space.weyl import weyl, weyl_with_defect, wigner_of_kernel


def complex_normal(rng, *shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def between(samples, position):
    """The trigonometric polynomial through samples, at a position counted in steps; the highest mode is a cosine."""
    n = len(samples)
    total = 0.0
    for m in range(-(n // 2), n // 2 + 1):
        weight = 0.5 if n % 2 == 0 and abs(m) == n // 2 else 1.0
        amplitude = sum(samples[j] * np.exp(-2j * np.pi * m * j / n) for j in range(n)) / n
        total += weight * amplitude * np.exp(2j * np.pi * m * position / n)
    return total


# ---- the definitions ------------------------------------------------------------------------------------------------


def wigner_by_loops(kernel, length, hbar):
    """``(2 pi hbar)^-1 integral rho(x + y/2, x - y/2) e^{-i p y / hbar} dy``, zero outside the box."""
    n = len(kernel)
    dx = length / n
    w = np.zeros((n, 2 * n), dtype=complex)
    for j in range(n):
        for m in range(-n, n):
            a, b = j + m / 2, j - m / 2
            if not (0 <= a < n and 0 <= b < n):
                continue
            value = between([between(row, b) for row in kernel], a)
            for k in range(2 * n):
                p = (k - n) * np.pi * hbar / length
                w[j, k] += value * np.exp(-1j * p * m * dx / hbar) * dx / (2 * np.pi * hbar)
    return w


def weyl_by_loops(w, length, hbar):
    """``integral w((x + x')/2, p) e^{i p (x - x') / hbar} dp``, w between positions by its trigonometric polynomial."""
    n = len(w)
    rho = np.zeros((n, n), dtype=complex)
    for a in range(n):
        for b in range(n):
            for k in range(2 * n):
                p = (k - n) * np.pi * hbar / length
                value = between(w[:, k], (a + b) / 2)
                rho[a, b] += value * np.exp(1j * p * (a - b) * length / n / hbar) * np.pi * hbar / length
    return rho


@pytest.mark.parametrize("n", [2, 3, 6, 7])
def test_any_kernel_transforms_as_the_defining_integral_says(rng, n):
    grid = wl.Grid(lower=-1.3, upper=2.9, points=n, hbar=0.6)
    kernel = complex_normal(rng, n, n)
    assert np.abs(wigner_of_kernel(grid, kernel) - wigner_by_loops(kernel, 4.2, 0.6)).max() < ROUNDING


@pytest.mark.filterwarnings("ignore:.*belongs to no operator kernel")
@pytest.mark.parametrize("n", [2, 3, 6, 7])
def test_any_function_transforms_back_as_the_defining_integral_says(rng, n):
    grid = wl.Grid(lower=-1.3, upper=2.9, points=n, hbar=0.6)
    w = complex_normal(rng, n, 2 * n)
    assert np.abs(weyl(grid, w) - weyl_by_loops(w, 4.2, 0.6)).max() < ROUNDING * np.abs(w).sum()


def test_both_are_products_over_the_axes_and_keep_leading_ones(rng):
    """All is linear, so products of functions on a line tell all."""
    lines = [wl.Grid(-1.0, 2.0, 4, hbar=0.6), wl.Grid(-2.0, 1.5, 5, hbar=0.6), wl.Grid(0.0, 3.0, 3, hbar=0.6)]
    for d in (2, 3):
        grid = wl.Grid([-1.0, -2.0, 0.0][:d], [2.0, 1.5, 3.0][:d], [4, 5, 3][:d], hbar=0.6)
        kernels = [complex_normal(rng, *line.shape, *line.shape) for line in lines[:d]]
        functions = [complex_normal(rng, *line.phase_space.shape) for line in lines[:d]]
        joined = "ax,by->abxy" if d == 2 else "ax,by,cz->abcxyz"
        forth = np.einsum(joined, *map(wigner_of_kernel, lines, kernels))
        back = np.einsum(joined, *(weyl_with_defect(*pair)[0] for pair in zip(lines, functions, strict=False)))
        numbers = complex_normal(rng, 2, 3)
        many = np.multiply.outer(numbers, np.einsum(joined, *kernels))
        found = wigner_of_kernel(grid, many)
        assert found.shape == (2, 3, *grid.phase_space.shape)
        assert np.abs(found - np.multiply.outer(numbers, forth)).max() < ROUNDING * np.abs(found).max()
        found, _ = weyl_with_defect(grid, np.multiply.outer(numbers, np.einsum(joined, *functions)))
        assert found.shape == (2, 3, *grid.shape, *grid.shape)
        assert np.abs(found - np.multiply.outer(numbers, back)).max() < ROUNDING * np.abs(found).max()


@pytest.mark.parametrize("points", [[8], [9], [5, 6], [3, 4, 2]])
def test_kernels_of_two_states_have_the_wigner_function_of_the_two(rng, points):
    d = len(points)
    grid = wl.Grid([-1.3] * d, [2.9] * d, points, hbar=0.6)
    psi, phi = complex_normal(rng, 2, *points)
    expected = wl.wigner(grid, psi, phi)
    found = wigner_of_kernel(grid, np.multiply.outer(psi, phi.conj()))
    assert np.abs(found - expected).max() < ROUNDING * np.abs(expected).max()


# ---- there and back -------------------------------------------------------------------------------------------------

# packets within reach of these lines, differences of their momenta included
LINES = [wl.Grid(-11.5, 11.0, n, hbar=hbar) for n, hbar in ((140, 0.7), (141, 0.7), (145, 1.9))]
centres = st.floats(-1.5, 1.5)
packets = st.tuples(centres, centres, st.floats(0.8, 1.1))


@given(line=st.sampled_from(LINES), first=packets, second=packets)
def test_the_weyl_transform_takes_the_wigner_transform_back(line, first, second):
    q, k, width = zip(first, second, strict=True)
    psi, phi = wl.states.gaussian(line, q, line.hbar * np.array(k), width)
    expected = np.outer(psi, phi.conj())
    kernel, defect = weyl_with_defect(line, wl.wigner(line, psi, phi))
    assert np.abs(kernel - expected).max() < KERNEL
    assert defect < KERNEL
    assert np.abs(weyl(line, wl.wigner(line, phi, psi)) - expected.conj().T).max() < KERNEL


@pytest.mark.parametrize("points", [96, 97])
def test_kernels_of_a_grid_whose_differences_of_momenta_it_shows_come_back(rng, points):
    """Not only of states: any kernel of low momenta that vanishes near the edge."""
    grid = wl.Grid(-1.0, 3.0, points, hbar=0.6)
    bumps = np.exp(-20 * (grid.axes[0][:, None] - np.linspace(0.6, 1.4, 4)) ** 2)
    kernel = bumps @ complex_normal(rng, 4, 4) @ bumps.T
    found, defect = weyl_with_defect(grid, wigner_of_kernel(grid, kernel))
    assert np.abs(found - kernel).max() < KERNEL * np.abs(kernel).max()
    assert defect < KERNEL


def test_real_functions_have_hermitian_kernels(rng, grid):
    psi = wl.states.random(grid, count=2, modes=5, seed=3)
    kernel = weyl(grid, wl.wigner(grid, psi[0]) - 0.3 * wl.wigner(grid, psi[1]))
    assert np.abs(kernel - kernel.conj().T).max() < ROUNDING
    hermitian = complex_normal(rng, 97, 97)
    w = wigner_of_kernel(grid, hermitian + hermitian.conj().T)
    assert np.abs(w.imag).max() < ROUNDING * np.abs(w).max()


@pytest.mark.parametrize("points", [[9], [8], [4, 5]])
def test_the_integral_is_the_trace(rng, points):
    d = len(points)
    grid = wl.Grid([-1.3] * d, [2.9] * d, points, hbar=0.6)
    kernel = complex_normal(rng, 2, *points, *points)
    traces = np.trace(kernel.reshape(2, grid.size, grid.size), axis1=1, axis2=2) * grid.cell
    assert np.abs(grid.phase_space.integral(wigner_of_kernel(grid, kernel)) - traces).max() < ROUNDING * grid.size
    w = complex_normal(rng, 2, *grid.phase_space.shape)
    found = weyl_with_defect(grid, w)[0].reshape(2, grid.size, grid.size)
    expected = grid.phase_space.integral(w)
    assert np.abs(np.trace(found, axis1=1, axis2=2) * grid.cell - expected).max() < ROUNDING * grid.size


def test_a_kernel_that_moves_by_its_hamiltonian_is_a_rotating_function():
    """``U rho U^dagger`` of a harmonic oscillator turns phase space: a quarter takes (q, p) to (p, -q)."""
    grid = wl.Grid(-10.5, 10.0, 97)
    model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.0)
    levels, modes = np.linalg.eigh(model.hamiltonian(np.eye(97, dtype=complex)).T)
    (packet,) = wl.states.gaussian(grid, position=1.2, momentum=-0.7)
    flow = modes * np.exp(-0.5j * np.pi * levels) @ modes.conj().T
    w = wigner_of_kernel(grid, flow @ weyl(grid, wl.wigner(grid, packet)) @ flow.conj().T)
    x, p = grid.phase_space.x[0][:, None], grid.phase_space.p[0]
    expected = np.exp(-((x + 0.7) ** 2) - (p + 1.2) ** 2) / np.pi
    assert np.abs(w - expected).max() < WIGNER


# ---- what belongs to no kernel --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [6, 7])
def test_the_defect_is_what_transforming_back_and_forth_loses(rng, n):
    grid = wl.Grid(-1.3, 2.9, n, hbar=0.6)
    w = complex_normal(rng, 2, n, 2 * n)
    kernel, defect = weyl_with_defect(grid, w)
    lost = [own - wigner_by_loops(weyl_by_loops(own, 4.2, 0.6), 4.2, 0.6) for own in w]
    expected = np.sqrt(np.sum(np.abs(lost) ** 2) / np.sum(np.abs(w) ** 2))
    assert abs(defect - expected) < ROUNDING
    assert expected > 0.1
    assert weyl_with_defect(grid, np.zeros((n, 2 * n)))[1] == 0
    assert kernel.shape == (2, n, n)


def test_what_belongs_to_no_kernel_is_reported(grid):
    (psi,) = wl.states.gaussian(grid, 0.3)
    w = wl.wigner(grid, psi)
    weyl(grid, w)
    far = w.copy()
    far[3, 97] += 1e-6  # shifts y that leave the box
    match = r"4\.4e-07 of w \(in L\^2, allowed: 1e-08\) belongs to no operator kernel"
    with pytest.warns(wl.UnresolvedWarning, match=match):
        weyl(grid, far)


@pytest.mark.parametrize(("shape", "name"), [((97, 97), "w"), ((97,), "w"), ((0, 97, 194), "w"), ((97, 194), "kernel")])
def test_functions_of_another_shape_are_refused(grid, shape, name):
    transform = weyl if name == "w" else wigner_of_kernel
    with pytest.raises(wl.InvalidInputError, match=rf"`{name}` must have shape \(\.\.\., 97, "):
        transform(grid, np.ones(shape))


def test_values_that_are_not_finite_are_refused(grid):
    w = np.zeros((97, 194))
    w[5, 6] = np.nan
    with pytest.raises(wl.InvalidInputError, match=r"`w` must be finite numbers, but entry \(5, 6\) is nan"):
        weyl(grid, w)


def test_what_does_not_fit_into_memory_is_refused_at_once(grid, monkeypatch):
    monkeypatch.setattr(memory, "tightest", lambda: (1_000_000, "the machine has"))
    for transform, shape in ((weyl, (97, 194)), (wigner_of_kernel, (97, 97))):
        with pytest.raises(wl.TooLargeError, match="try fewer points"):
            transform(grid, np.zeros(shape))


# ---- factors --------------------------------------------------------------------------------------------------------


def blocks_of(left, right):
    """``rho_ij(x, x') = sum_m phi_i^m(x) conj(chi_j^m(x'))`` as loops over the nodes."""
    count, rank, *points = left.shape
    rho = np.zeros((count, count, *points, *points), dtype=complex)
    for i in range(count):
        for j in range(count):
            for m in range(rank):
                rho[i, j] += np.multiply.outer(left[i, m], right[j, m].conj())
    return rho


@pytest.mark.parametrize(("points", "rank"), [([13], 1), ([13], 4), ([16], 30), ([5, 4], 7)])
def test_as_many_factors_as_the_rank_are_found(rng, points, rank):
    grid = wl.Grid([-1.0] * len(points), [2.0] * len(points), points)
    kernels = blocks_of(complex_normal(rng, 3, rank, *points), complex_normal(rng, 3, rank, *points))
    found = factors(grid, kernels)
    assert found.left.shape == found.right.shape == (3, rank, *points)
    lost = np.linalg.norm(blocks_of(found.left, found.right) - kernels) / np.linalg.norm(kernels)
    assert max(lost, found.error) < LOW_RANK
    assert factors(grid, kernels, limit=rank) is not None
    assert rank == 1 or factors(grid, kernels, limit=rank - 1) is None


@pytest.mark.parametrize("rtol", [1e-2, 1e-5, 1e-9])
def test_factors_are_as_few_as_the_error_allows(rng, rtol):
    grid = wl.Grid(-1.0, 2.0, 30)
    u, v = (np.linalg.qr(complex_normal(rng, 90, 90))[0] for _ in range(2))
    values = 0.6 ** np.arange(90.0)
    kernels = (u * values @ v).reshape(3, 30, 3, 30).swapaxes(1, 2)
    found = factors(grid, kernels, rtol=rtol)
    lost = np.linalg.norm(blocks_of(found.left, found.right) - kernels) / np.linalg.norm(kernels)
    assert abs(found.error / lost - 1) < 1e-4 + ROUNDING / rtol
    assert found.error < rtol
    tails = np.sqrt(np.cumsum(values[::-1] ** 2)[::-1]) / np.linalg.norm(values)
    assert found.left.shape[1] <= np.count_nonzero(tails > rtol) + 2  # half of rtol is 1.4 factors


def test_kernels_of_full_rank_are_given_up_or_kept_whole(rng):
    grid = wl.Grid(-1.0, 2.0, 20)
    kernels = complex_normal(rng, 3, 3, 20, 20)
    assert factors(grid, kernels, limit=25) is None
    whole = factors(grid, kernels, limit=100)
    assert whole.left.shape == (3, 60, 20)
    assert whole.error < LOW_RANK


def test_positive_matrices_have_equal_factors(rng):
    grid = wl.Grid(-1.0, 2.0, 15)
    psi = complex_normal(rng, 4, 2, 15)
    found = factors(grid, blocks_of(psi, psi))
    assert np.abs(found.left - found.right).max() < KERNEL
    indefinite = factors(grid, blocks_of(psi[:, :1], psi[:, :1]) - blocks_of(psi[:, 1:], psi[:, 1:]))
    assert indefinite.error < LOW_RANK
    assert np.abs(indefinite.left - indefinite.right).max() > 0.1


def test_no_kernel_at_all_has_one_factor_of_nothing():
    found = factors(wl.Grid(-1.0, 2.0, 4), np.zeros((2, 2, 4, 4)))
    assert found.left.shape == (2, 1, 4)
    assert not found.left.any()
    assert found.error == 0


def test_wigner_functions_of_factors_give_factors_of_the_same_functions():
    grid = wl.Grid(-11.0, 11.5, 115)
    phi = wl.states.random(grid, count=6, modes=5, seed=4).reshape(2, 3, 115)
    chi = wl.states.random(grid, count=6, modes=5, seed=5).reshape(2, 3, 115)
    w = np.array([[wl.wigner(grid, left, right) for right in chi] for left in phi])
    found = factors(grid, weyl(grid, w))
    assert found.left.shape == (2, 3, 115)
    again = np.array([[wl.wigner(grid, left, right) for right in found.right] for left in found.left])
    assert np.abs(again - w).max() < WIGNER


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (
            {"kernels": np.zeros((2, 3, 4, 4))},
            r"`kernels` must have shape \(N, N, 4, 4\), but its shape is \(2, 3, 4, 4\)",
        ),
        ({"kernels": 0.0}, r"`kernels` must have shape"),
        ({"rtol": 0.0}, "`rtol` must lie between 0 and 1"),
        ({"limit": 0}, "`limit` must be a whole number, at least 1"),
    ],
)
def test_factors_of_anything_else_are_refused(arguments, match):
    with pytest.raises(wl.InvalidInputError, match=match):
        factors(wl.Grid(-1.0, 2.0, 4), **({"kernels": np.ones((2, 2, 4, 4))} | arguments))
