"""One table names every variable: its meaning and its unit; the dimension names come from `conventions`.

Data sets, files and single arrays are labelled from here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from wignerlohe.grid import Grid, PhaseSpace
from wignerlohe.phase_space.selection import select

if TYPE_CHECKING:  # xarray is loaded when a data set is asked for, not when a run is written
    import xarray as xr

# long name and units of every variable; times are in the unit that makes coupling a rate
VARIABLES: dict[str, tuple[str, str]] = {
    "time": ("time t", "1"),
    "correlation": ("correlation z_ij(t), the integral of w_ij", "1"),
    "deviation": ("deviation 1 - z_ij(t)", "1"),
    "log_deviation": ("log(1 - z_ij(t)), right also where the deviation underflows", "1"),
    "diameter": ("diameter D(Z(t)) = max_ij |1 - z_ij(t)|", "1"),
    "log_diameter": ("log D(Z(t)), right also where the diameter underflows", "1"),
    "diameter_lower": ("lower bound of the diameter", "1"),
    "diameter_upper": ("upper bound of the diameter", "1"),
    "order_parameter": ("order parameter |mean_ij z_ij|^(1/2), of unit states |mean_j psi_j|", "1"),
    "phase": ("phase arg mean_k z_jk, of unit states arg <psi_j, mean>", "rad"),
    "amplitude": ("amplitude |mean_k z_jk|, of unit states |<psi_j, mean>|", "1"),
    "wavefunction": ("wave function psi_j(t, x), or left factor phi_j(t, x)", "length^(-d/2)"),
    "wigner": ("Wigner function w_ij(t, x, p)", "action^-d"),
    "wigner_time": ("time t of the Wigner functions", "1"),
    "x": ("position x", "length"),
    "y": ("position y", "length"),
    "z": ("position z", "length"),
    "p": ("momentum p", "action / length"),
    "px": ("momentum p_x", "action / length"),
    "py": ("momentum p_y", "action / length"),
    "pz": ("momentum p_z", "action / length"),
    "potential": ("potential V(x)", "energy"),
    "norm": ("norm of each state, kept in time; of factors the scale taken out", "1"),
    "coordinates": ("coordinates in the basis, of normalised initial states or of balanced left factors", "1"),
    "basis": ("orthonormal basis e_a(x) of the initial states", "length^(-d/2)"),
    "mobius_matrix": ("matrix of the Mobius map, divided by exp(mobius_log_scale)", "1"),
    "mobius_log_scale": ("logarithm of the scale of the Mobius map", "1"),
    "left_matrix": ("matrix of the Mobius map of the left factors, divided by exp(left_log_scale)", "1"),
    "left_log_scale": ("logarithm of the scale of that map", "1"),
    "right_matrix": ("matrix of the Mobius map of the right factors, divided by exp(right_log_scale)", "1"),
    "right_log_scale": ("logarithm of the scale of that map", "1"),
    "node_coordinates": ("coordinates C_ia(t) of the nodes in the basis", "1"),
    "right_coordinates": ("coordinates in the basis, of balanced right factors", "1"),
    "detuning": ("detuning Omega_j", "1 / time"),
    "network": ("weights A_ij of the network", "1"),
    "edge_i": ("node i that sees the edge", "1"),
    "edge_j": ("node j that is seen", "1"),
    "edge_weight": ("weight A_ij of the edge", "1"),
    "purity": ("purity Tr rho_j^2", "1"),
    "right_factor": ("right factor chi_j(t, x)", "length^(-d/2)"),
    "row_logarithm": ("lambda_i of the scalar form", "1"),
    "column_logarithm": ("mu_j of the scalar form", "1"),
    "initial_deviation": ("1 - z_ij(0)", "1"),
    "left_map": ("map G_ik of the left factors", "1"),
    "right_map": ("conjugate of the map H_lj of the right factors, transposed", "1"),
    "initial_functions": ("unit nodes at t = 0", "length^(-d/2)"),
    "node_functions": ("unit nodes at time t", "length^(-d/2)"),
    "splitting_step": ("longest step that the error of the splitting allows", "1"),
    "splitting_error": ("estimate of the error of the splitting so far", "1"),
    "kernels": ("operator kernels rho_ij(x, x') at t = 0", "length^-d"),
    "function_kernels": ("operator kernels rho_j(x, x') at t = 0", "length^-d"),
    "initial_fields": ("Wigner functions at t = 0, those with i <= j if they are Hermitian", "action^-d"),
    "fields": ("Wigner functions at time t, those with i <= j if they are Hermitian", "action^-d"),
    "step": ("longest step that the error of the splitting allows", "1"),
    "error": ("estimate of the error of the splitting so far", "1"),
    "node": ("node j", "1"),
    "a": ("component of (x, p)", "1"),
    "b": ("other component of (x, p)", "1"),
    "axis": ("direction", "1"),
    "part": ("part of the energy", "1"),
    "group": ("group of nodes", "1"),
    "other": ("other group of nodes", "1"),
    "momentum": ("momentum p", "action / length"),
    "momentum_x": ("momentum p_x", "action / length"),
    "momentum_y": ("momentum p_y", "action / length"),
    "momentum_z": ("momentum p_z", "action / length"),
    "position_density": ("position density sum_m |psi_j^m(x)|^2", "length^-d"),
    "momentum_density": ("momentum density sum_m |psi_j^m(p)|^2", "(action / length)^-d"),
    "cross_density": ("cross density sum_m phi_i^m(x) conj(chi_j^m(x))", "length^-d"),
    "current": ("probability current (hbar / m) sum_m Im conj(psi_j^m) grad psi_j^m", "length^(1-d) / time"),
    "mean": ("means of x and p", "length for x, action / length for p"),
    "covariance": ("covariances of x and p, symmetrised", "product of those of both components"),
    "energy": ("energy of each node by itself, V_j = V + hbar Omega_j", "energy"),
    "negativity": ("negativity volume (1/2) (integral |w_jj| - 1)", "1"),
    "husimi": ("Husimi function Q_j(x, p)", "action^-d"),
    "overlap": ("overlap <psi_j, phi> with the given state", "1"),
    "fidelity": ("fidelity <phi| rho_j |phi> with the given state", "1"),
    "largest_distance": ("largest distance max ||w_ij - w_lm|| over all pairs", "action^(-d/2)"),
    "group_density": ("mean position density of each group", "length^-d"),
    "group_order_parameter": ("order parameter |mean over the group of psi_j|", "1"),
    "group_correlation": ("mean of z_ij, i in the group, j in the other", "1"),
    "husimi_time": ("time t of the Husimi functions", "1"),
    "pair_i": ("first node i of the pair", "1"),
    "pair_j": ("second node j of the pair", "1"),
    "chosen_i": ("first node i of a chosen pair", "1"),
    "chosen_j": ("second node j of a chosen pair", "1"),
}

# axes that grow, and the attributes that count how much of them is committed
COUNTERS = {"time": "committed_times", "wigner_time": "committed_wigner_times"}

# coordinates of axes that count pairs: those of Wigner functions, and those whose correlations were asked for
PAIRS = {"pair": ("pair_i", "pair_j"), "chosen_pair": ("chosen_i", "chosen_j")}

Entry = tuple[tuple[str, ...], NDArray[Any]]


def labelled(name: str, dims: tuple[str, ...], values: NDArray[Any]) -> xr.Variable:
    """Make a variable with its long name and units."""
    import xarray as xr

    long_name, units = VARIABLES[name]
    return xr.Variable(dims, values, attrs={"long_name": long_name, "units": units})


def assemble(entries: dict[str, Entry], attrs: dict[str, Any]) -> xr.Dataset:
    """Label entries; those named like their only dimension become coordinates."""
    import xarray as xr

    pairs = {name for names in PAIRS.values() for name in names}
    data = {name: labelled(name, dims, values) for name, (dims, values) in entries.items()}
    coordinates = {name for name, (dims, _) in entries.items() if dims == (name,) or name in pairs}
    return xr.Dataset(
        {name: variable for name, variable in data.items() if name not in coordinates},
        coords={name: data[name] for name in sorted(coordinates)},
        attrs=attrs,
    )


def wigner_array(
    domain: Grid | PhaseSpace,
    values: NDArray[Any],
    i: int,
    j: int,
    time: float,
    axes: Sequence[str] | None = None,
    at: Mapping[str, float] | None = None,
) -> xr.DataArray:
    """Label one Wigner function, or the part of it that ``axes`` and ``at`` select."""
    import xarray as xr

    selection = select(domain, axes, at)
    coords = {name: labelled(name, (name,), axis) for name, axis in selection.coordinates.items()}
    attrs = {"long_name": VARIABLES["wigner"][0], "i": i, "j": j, "time": time, "hbar": domain.hbar}
    attrs |= selection.attributes
    return xr.DataArray(values, dims=selection.kept, coords=coords, name="wigner", attrs=attrs)
