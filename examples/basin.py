"""Where aggregation ends: random states, arbitrary correlations, signed and directed networks.

The theorem on complete aggregation asks for a diameter D = max |1 - z_ij| below 1 at the start. Four experiments go on
from there, each a sweep, with Wilson intervals of 95 % for what is counted.

(a) States on a complete graph. The order parameter never falls, and all data aggregate but those that end with one node
at the antipode of the others. That exception is a saddle: let nine nodes be equal and the tenth be displaced from their
antipode by delta. Then z' = (kappa/2) (1 - z^2) between it and the others, as if there were two nodes, and it joins the
later, the smaller delta is, by (2 / kappa) log(1 / delta), and never at delta = 0.

(b) Correlations that come from no states, z_ij' = (kappa/2N) sum_k (z_ik + z_kj) (1 - z_ij). Real ones can blow up, and
beyond some D most do; the more nodes there are, the larger is that D and the sharper the change, for what decides are
means over rows and columns. With an imaginary part, even a small one, none of those tried does. Where correlations
become infinite, a denominator vanishes at a real time: one condition on one unknown for a real denominator, two
conditions for a complex one.

(c) The matrix z_ij = -c for i != j blows up if c > 1/(N-1), at kappa t = log[(N-1) (1+c) / ((N-1) c - 1)].

(d) Complete graphs some of whose edges are negative, in both directions or each in its own. Agreement is stable if the
Laplacian, diag(sum_k A_ik) - A, has positive real parts of all eigenvalues but the one of equal nodes. Where it is not,
no state aggregates; where it is, all those tried do if A_ik = A_ki, but on directed networks some settle as two groups
at antipodes. The fraction is that of networks, each with one start.

    python examples/basin.py [FOLDER [small]]
"""

import sys
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from scipy.stats import binomtest

import wignerlohe as wl

AGREED = 1e-3  # the diameter below which nodes count as aggregated
STATES = tomllib.loads(Path(__file__).with_name("basin_states.toml").read_text())
MATRICES = {"model": {"kind": "correlations", "coupling": 1.0}, "time": {"stop": 60.0, "samples": 13}}


def swept(tables, axes):
    """Run a sweep whose points are of no further use."""
    with tempfile.TemporaryDirectory() as folder:
        found = wl.sweep(tables | {"sweep": axes}, folder)
    assert not found["failed"].any(), found["failed"].attrs["messages"]
    return found


def counted(name, dims, hits):
    """The fraction that is true along the last axis of an array, and its interval, as variables of a data set."""
    tests = [
        binomtest(int(hit.sum()), hit.size).proportion_ci(method="wilson") for hit in hits.reshape(-1, hits.shape[-1])
    ]
    low, high = (np.reshape([getattr(test, end) for test in tests], hits.shape[:-1]) for end in ("low", "high"))
    return {name: (dims, hits.mean(axis=-1)), f"{name}_low": (dims, low), f"{name}_high": (dims, high)}


def joining(found):
    """The first output time at which nodes are aggregated, nan if there is none."""
    agreed = found["diameter"] < AGREED
    return agreed.idxmax("time").where(agreed.any("time"))


def states(seeds):
    """(a): diameters at the start and times of aggregation of random states."""
    axes = STATES["sweep"] | {"initial.seed": list(range(1, seeds + 1))}
    found = swept(STATES, axes).rename(
        {"initial.count": "nodes", "initial.coherence": "coherence", "initial.seed": "seed"}
    )
    return {"diameter": found["diameter"].isel(time=0, drop=True), "aggregation_time": joining(found)}


def saddle(displacements):
    """(a): times at which one of ten nodes joins, displaced from the antipode of the others, and the closed form."""
    z = -np.sqrt(1 - displacements**2)
    initial = {"kind": "superposition", "of": [{"kind": "fock", "level": 0}, {"kind": "fock", "level": 1}]}
    rows = [[[1.0, 0.0]] * 9 + [[cosine, delta]] for cosine, delta in zip(z, displacements, strict=True)]
    solver = {"solver": {"method": "per-node"}}  # its unknowns are the nodes: a displacement keeps all its digits
    times = joining(swept(STATES | solver | {"initial": initial}, {"initial.coefficients": rows})).values
    with np.errstate(divide="ignore"):
        theory = np.log((1 - z) ** 2 / displacements**2 * (2 - AGREED) / AGREED)
    return {"saddle_time": ("displacement", times), "saddle_time_expected": ("displacement", theory)}


def matrices(nodes, diameters, seeds):
    """(b): the fraction of random matrices, real ones and the same with an imaginary part, that aggregate."""
    hits = np.empty((len(nodes), 2, len(diameters), seeds), dtype=bool)
    for found, count in zip(hits, nodes, strict=True):
        rng = np.random.default_rng(count)
        draws = rng.normal(size=(seeds + 1, count, count)) * (1 - np.eye(count))
        draws /= abs(draws).max(axis=(1, 2), keepdims=True)
        real = [np.round(1 - diameter * draw, 6) for diameter in diameters for draw in draws[1:]]
        axes = {"initial.imaginary": [0 * draws[0], np.round(0.1 * draws[0], 6)], "initial.real": real}
        ends = swept(MATRICES | {"initial": {"kind": "matrix"}}, axes)
        found[:] = (ends["final_diameter"] < AGREED).values.reshape(found.shape)
        blown = ends["blow_up_time"].notnull().values.reshape(found.shape)
        assert np.all(found != blown)  # nothing else happened
    return counted("matrices", ("nodes_of_matrix", "imaginary", "diameter_at_start"), hits)


def symmetric(cases):
    """(c): blow-up times of z_ij = -c, and the closed form."""
    real = [(1 + c) * np.eye(count) - c for count, c in cases]
    times = swept(MATRICES | {"initial": {"kind": "matrix"}}, {"initial.real": real})["blow_up_time"].values
    count, c = np.transpose(cases)
    with np.errstate(invalid="ignore"):
        theory = np.log((count - 1) * (1 + c) / ((count - 1) * c - 1))
    return {"blow_up_time": ("case", times), "blow_up_time_expected": ("case", theory)}


def network(count, share, directed, rng):
    """Weights of a complete graph with this share of negative edges, chosen at random."""
    edges = np.argwhere(~np.eye(count, dtype=bool) if directed else np.tri(count, k=-1, dtype=bool))
    weights = 1 - np.eye(count, dtype=int)
    chosen = rng.permutation(edges)[: round(share * len(edges))].T
    weights[tuple(chosen)] = -1
    if not directed:
        weights[tuple(chosen[::-1])] = -1
    return weights


def stable(weights):
    """Whether agreement is stable, by the Laplacian."""
    values = np.linalg.eigvals(np.diag(weights.sum(axis=1)) - weights)
    return np.delete(values, np.argmin(abs(values))).real.min() > 1e-9


def networks(count, shares, draws, starts, sample=1000):
    """(d): the fraction of networks on which states aggregate, and of those whose Laplacian lets them."""
    rng = np.random.default_rng(1)
    kinds = [(directed, share) for directed in (False, True) for share in shares]
    drawn = [network(count, share, directed, rng) for directed, share in kinds for _ in range(draws)]
    tables = STATES | {"initial": STATES["initial"] | {"count": count}, "solver": {"rtol": 1e-8}}
    tables |= {"model": STATES["model"] | {"coupling": float(count)}, "time": {"stop": 200.0, "samples": 3}}
    distinct, place = np.unique(drawn, axis=0, return_inverse=True)  # with few negative edges some are drawn twice
    ends = swept(tables, {"model.network": distinct, "initial.seed": list(range(1, starts + 1))})
    hits = (ends["final_diameter"] < AGREED).values[place].reshape(2, len(shares), draws, starts)
    decided = np.reshape([stable(weights) for weights in drawn], hits.shape[:-1])
    either, every = hits.any(axis=-1), hits.all(axis=-1)
    print(f"networks on which states aggregate although agreement is unstable: {np.sum(either & ~decided)}")
    for k, what in enumerate(("signed", "directed")):
        print(f"{what} networks: {decided[k].size}, with stable agreement {decided[k].sum()}", end=", ")
        print(f"where all starts aggregate {every[k].sum()}, where some do {np.sum(either[k] & ~every[k])}")
    expected = [
        np.mean([stable(network(count, share, directed, rng)) for _ in range(sample)]) for directed, share in kinds
    ]
    dims = ("directed", "negative_share")
    measured = counted("networks", dims, hits[..., 0])  # one start for each: independent draws
    return measured | {"networks_expected": (dims, np.reshape(expected, (2, len(shares))))}


def draw(data):
    """The figure."""
    figure = Figure(figsize=(10.0, 7.6), layout="constrained")
    (first, second), (third, fourth) = figure.subplots(2, 2)
    colours = ("C0", "C1", "C2", "C4")
    first.axvspan(0, 1, color="0.92", lw=0)
    first.text(0.5, 0.5, "theorem:\nD(0) < 1", color="0.4", ha="center", transform=first.get_xaxis_transform())
    for count, colour in zip(data["nodes"].values, colours, strict=False):
        some = data.sel(nodes=count)
        text = f"N = {count}: {int(some['aggregation_time'].notnull().sum())} of {some['diameter'].size} aggregate"
        first.plot(
            some["diameter"].values.ravel(),
            some["aggregation_time"].values.ravel(),
            ".",
            color=colour,
            ms=4,
            label=text,
        )
    places = 1 + np.sqrt(1 - data["displacement"].values ** 2)
    first.plot(places, data["saddle_time"], "v", color="C3", mfc="none", ms=6, label="one of ten near the antipode")
    first.annotate(
        "at the antipode: never",
        (2, 58),
        (1.05, 58),
        color="C3",
        va="center",
        arrowprops={"arrowstyle": "->", "color": "C3"},
    )
    first.set(
        xlim=(0, 2.08),
        ylim=(0, 62),
        xlabel="diameter D at the start",
        ylabel=r"time until D < $10^{-3}$, in 1/$\kappa$",
    )
    first.set_title("(a) Random states", loc="left", fontsize=11)
    first.legend(loc="upper left", bbox_to_anchor=(0, 0.9), frameon=False, fontsize=8)

    def bars(axes, some, name, x, **look):
        value, low, high = (some[f"{name}{end}"].values for end in ("", "_low", "_high"))
        axes.errorbar(x, value, np.clip([value - low, high - value], 0, None), capsize=3, ms=4, **look)

    for count, colour in zip(data["nodes_of_matrix"].values, colours, strict=False):
        x, some = data["diameter_at_start"].values, data.sel(nodes_of_matrix=count)
        shifted = x * (1 + 0.02 * (count - 5) / 3)
        bars(second, some.isel(imaginary=0), "matrices", shifted, fmt="o-", color=colour, label=f"N = {count}, real")
    bars(
        second,
        data.isel(imaginary=1).min("nodes_of_matrix"),
        "matrices",
        x,
        fmt="s:",
        color="0.3",
        mfc="w",
        label="any N, complex",
    )
    second.set(xscale="log", xlabel="diameter D at the start", ylabel="fraction that aggregates", ylim=(-0.04, 1.08))
    second.set_xticks(x, [f"{value:g}" for value in x], minor=False)
    second.minorticks_off()
    second.set_title("(b) Arbitrary correlations", loc="left", fontsize=11)
    second.legend(loc="lower left", frameon=False, fontsize=8)

    for count, colour in zip(np.unique(data["case_nodes"]), colours, strict=False):
        some = data.isel(case=data["case_nodes"].values == count)
        c = np.linspace(1 / (count - 1), 1.05, 400)[1:]
        third.plot(c, np.log((count - 1) * (1 + c) / ((count - 1) * c - 1)), color=colour, lw=1, label=f"N = {count}")
        third.plot(some["case_c"], some["blow_up_time"], "o", color=colour, ms=4)
        third.axvline(1 / (count - 1), color=colour, ls=":", lw=1)
    third.set(
        xlim=(0, 1.05), ylim=(0, 6), xlabel=r"c of the matrix $z_{ij} = -c$", ylabel=r"blow-up time, in 1/$\kappa$"
    )
    third.set_title("(c) The closed form (lines) and its threshold (dotted)", loc="left", fontsize=11)
    third.legend(loc="upper right", frameon=False, fontsize=8)

    for k, (label, colour) in enumerate((("symmetric", "C0"), ("directed", "C3"))):
        some, x = data.isel(directed=k), data["negative_share"].values
        fourth.plot(x, some["networks_expected"], color=colour, lw=1)
        bars(fourth, some, "networks", x + 0.004 * k, fmt="o", color=colour, label=f"signed, {label}")
    fourth.plot([], [], color="0.4", lw=1, label="stable Laplacians")
    fourth.set(xlabel="share of negative edges", ylabel="fraction of networks that aggregate", ylim=(-0.04, 1.08))
    fourth.set_title(
        f"(d) Signed and directed networks, N = {data.attrs['nodes_of_networks']}", loc="left", fontsize=11
    )
    fourth.legend(loc="upper right", frameon=False, fontsize=8)
    return figure


if __name__ == "__main__":
    folder, small = Path(sys.argv[1] if len(sys.argv) > 1 else "."), "small" in sys.argv[2:]

    # parameters
    displacements = np.append(10.0 ** -np.arange(1, 10, 4 if small else 2), 0.0)
    nodes, diameters = (3,) if small else (3, 5, 9), np.array([2.0, 8.0] if small else [1.5, 2, 3, 4, 6, 8, 12, 20])
    cases = [
        (count, c) for count in (3, 4, 6) for c in ((0.15, 0.6) if small else (0.15, 0.22, 0.3, 0.4, 0.6, 0.8, 1.0))
    ]
    shares, size = np.array([0.1, 0.3] if small else [0.1, 0.15, 0.2, 0.25, 0.3, 0.4]), 5 if small else 9

    # solve
    found = states(1 if small else 40) | saddle(displacements) | matrices(nodes, diameters, 3 if small else 30)
    found |= symmetric(cases) | networks(size, shares, 1 if small else 20, 2)
    coordinates = {
        "displacement": displacements,
        "nodes_of_matrix": list(nodes),
        "diameter_at_start": diameters,
        "imaginary": [0.0, 0.1],
        "directed": [False, True],
        "negative_share": shares,
        "case_nodes": ("case", [count for count, _ in cases]),
        "case_c": ("case", [c for _, c in cases]),
    }
    data = xr.Dataset(found, coordinates, {"title": "Basins of aggregation", "nodes_of_networks": size})
    data.to_zarr(folder / "basin.zarr", mode="w", zarr_format=3, consolidated=False)

    # what is found
    runs = data["aggregation_time"]
    interval = binomtest(int(runs.notnull().sum()), runs.size).proportion_ci(method="wilson")
    print(f"random states: aggregated {int(runs.notnull().sum())} of {runs.size}, 95 % above {interval.low:.4f}")
    late = data["saddle_time"] - data["saddle_time_expected"]
    print(f"near the antipode: joining against the closed form: {float(abs(late).max()):.2f}", end="; ")
    print(f"at the antipode: {'never' if np.isnan(data['saddle_time'][-1]) else 'joins'}")
    print("real matrices that aggregate:\n", data["matrices"].isel(imaginary=0).values.round(3))
    print(f"matrices with imaginary parts that do not: {int((data['matrices'].isel(imaginary=1) < 1).sum())}")
    wrong = abs(data["blow_up_time"] / data["blow_up_time_expected"] - 1).max()
    print(f"largest relative error of blow-up times: {float(wrong):.1e}")
    same = data["blow_up_time"].isnull() == (data["case_c"] <= 1 / (data["case_nodes"] - 1))
    print(f"cases on the wrong side of the threshold: {int((~same).sum())}")
    draw(data).savefig(folder / "basin.png", dpi=150)
