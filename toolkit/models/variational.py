"""Coloring as an energy whose terms can be switched: what is a color field that fits these hints and this photo?

    ab = variational(L, hints, hinted, Terms(tv=1.0))
    ab = levin_fast(L, hints, hinted)

Among all ab that agree with the hints, the one of least energy. u is ab, both channels together; r and s are neighbors,
four to a pixel:

    E(u) = harmonic     sum_rs  w_rs |u_r - u_s|^2                              neighbors that look alike have one color
         + bilaplacian  sum_r  |sum_s w_rs (u_r - u_s)|^2                a color is the mean of those around
         + tv           sum_r  sqrt(sum_s w_rs |u_r - u_s|^2)                   one clean step is no dearer than a slope
         + tgv  min_v   sum_r  |sqrt(w) (grad u - v)|_r + 2 |E v|_r      neither is a slope: only where it changes costs

    w_rs = 1 / (1 + ((L_r - L_s) / edge)^2)^2, at least 0.001            edge-stopping; 1 everywhere where edge is 0

harmonic is what Levin, Lischinski and Weiss (SIGGRAPH 2004) come to where each pixel is the mean of its neighbors, with
weights that are the same both ways. bilaplacian is that difference squared: their J itself, and with w = 1 a bending
plate (Duchon 1977). w is the second edge-stopping function of Perona and Malik (PAMI 1990), squared, as it multiplies a
square here. tv: Rudin, Osher and Fatemi (Physica D 1992), both channels under one root (Blomgren and Chan 1998). tgv:
Bredies, Kunisch and Pock (SIAM J. Imaging Sci. 2010) with their second order, w in its first term alone (Ferstl et al.,
ICCV 2013); E v is the symmetric part of v's gradient. In tv and tgv the sum over s takes the neighbors to the right and
below.

What makes it quick: the photo is solved at a short side of 192 px, as color is smooth where lightness is, and `Lift`
brings it back along the edges. Four neighbors make a symmetric system with five numbers a row; conjugate gradients
solve it under a multigrid preconditioner (smoothed aggregation, Vanek, Mandel and Brezina 1996; pyamg). The roots of tv
and tgv become squares with the weights of the round before (lagged diffusivity, Vogel and Oman 1996): each round lowers
E. `python -m toolkit bench` measures it against `levin2004` at full size.

Letters: N pixels, n numbers a pixel: 1, with tgv 3 (u and v).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyamg
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor
from torch.nn import functional as F

from toolkit.models.classical import check_shapes
from toolkit.photo.lift import Lift

Floats = NDArray[np.float64]

SHORT_SIDE = 192  # px; 256 takes nearly twice as long and is no nearer to the truth
TOLERANCE = 1e-3  # of the residual: ab is 0.1 to 0.6 units off on average, PSNR up to 0.1 dB either way
LEAST = 1e-3  # weight, so that no part of a photo stands alone
STEPS = 100  # of conjugate gradients at most; harmonic alone takes ten, some mixtures would take hundreds
ROUNDS = 8  # of lagged diffusivity; the last lowers E by 0.1 %
SHARP = 0.1  # Lab units: roots are rounded off below, as their slope at 0 has no direction
BEND = 2.0  # of |E v| to |grad u - v|, the usual choice for tgv


@dataclass(frozen=True)
class Terms:
    """Weights of the energy; 0 switches a term off. Only their ratios count, tv and tgv against squares in Lab units.
    Raises ValueError.
    """

    harmonic: float = 1.0
    bilaplacian: float = 0.0
    tv: float = 0.0
    tgv: float = 0.0
    edge: float = 2.0  # units of L at which a step halves the flow twice; 0: every neighbor counts the same

    def __post_init__(self) -> None:
        weights = self.harmonic, self.bilaplacian, self.tv, self.tgv, self.edge
        if not all(0 <= weight < float("inf") for weight in weights) or not any(weights[:4]):
            raise ValueError(f"The weights of an energy are numbers from 0 on, one of them above 0, not {self}.")


LEVIN = Terms()
BEST = Terms(harmonic=0.5, bilaplacian=0.5)


def variational(
    L: Tensor,
    ab: Tensor,
    hinted: Tensor,
    terms: Terms = BEST,
    short_side: int | None = None,
    tolerance: float = TOLERANCE,
) -> Tensor:
    """The ab of least energy among those that agree with the hints; without any hint, gray.

    L (1, 1, H, W) in 0..100, ab (1, 2, H, W) in Lab units, read only where hinted, bool (1, 1, H, W), is true -> ab (1,
    2, H, W). A photo whose short side is above `short_side` px (192; with tgv, which has three times the unknowns, 96)
    is solved small and lifted; each small pixel that a hint touches takes the mean of the hints in it, so that one of a
    single pixel counts, and hinted pixels keep their ab exactly. Only bilaplacian and tgv leave the range of the hints.
    Raises ValueError where the shapes do not fit.
    """
    check_shapes(L, ab, hinted)
    H, W = L.shape[-2:]
    short_side = short_side or SHORT_SIDE // (2 if terms.tgv else 1)
    scale = min(1.0, short_side / min(H, W))
    size = max(1, round(H * scale)), max(1, round(W * scale))
    colors = torch.where(hinted, ab, 0.0)
    if scale == 1:
        return torch.where(hinted, colors, _minimum(L, colors, hinted, terms, tolerance))
    small_L, share, sums = (F.interpolate(plane.float(), size, mode="area") for plane in (L, hinted, colors))
    small = _minimum(small_L, torch.where(share > 0, sums / share, 0.0), share > 0, terms, tolerance)
    return torch.where(hinted, colors, Lift(small, small_L, (H, W)).rows(L.float(), 0).to(L))


def levin_fast(L: Tensor, ab: Tensor, hinted: Tensor, short_side: int | None = None) -> Tensor:
    """What `levin2004` computes, with four neighbors and small: the first term alone. In and out as there."""
    return variational(L, ab, hinted, LEVIN, short_side)


def energy(L: Tensor, ab: Tensor, terms: Terms) -> float:
    """E of ab (1, 2, H, W) on a photo with lightness L (1, 1, H, W), at this very size. Raises ValueError where the
    shapes do not fit.
    """
    everywhere = torch.ones_like(L, dtype=torch.bool)
    check_shapes(L, ab, everywhere)
    sheet = _Sheet(L, terms)
    return sheet.energy(_descend(sheet, _columns(ab), np.ones(sheet.N, bool), 1e-6))


def _minimum(L: Tensor, ab: Tensor, hinted: Tensor, terms: Terms, tolerance: float) -> Tensor:
    """The same without reducing; ab is 0 where no hint is."""
    given = hinted.flatten().cpu().numpy()
    u = _columns(ab)
    if given.any() and not given.all():
        sheet = _Sheet(L, terms)
        u[~given] = u[given].mean(0)  # a good place to begin
        u = _descend(sheet, u, given, tolerance)[:: sheet.n]
    return torch.from_numpy(u.T.reshape(ab.shape).copy()).to(ab)


def _columns(ab: Tensor) -> Floats:
    return ab[0].flatten(1).T.double().cpu().numpy()  # (N, 2)


class _Sheet:
    """The energy on the grid of one photo. z (n N, 2) holds the n numbers of a pixel together, for a and for b."""

    def __init__(self, L: Tensor, terms: Terms) -> None:
        self.terms, (H, W) = terms, L.shape[-2:]
        self.shape, self.N, self.n = (H, W), H * W, 3 if terms.tgv else 1
        self.across = sparse.kron(sparse.eye_array(H), _steps(W)).tocsr()  # (N, N): to the right
        self.down = sparse.kron(_steps(H), sparse.eye_array(W)).tocsr()
        self.grad = sparse.vstack([self.across, self.down]).tocsr()  # (2 N, N)
        step = self.grad @ L.flatten().double().cpu().numpy()
        self.w = np.maximum((1 + (step / terms.edge) ** 2) ** -2, LEAST) if terms.edge else np.ones(2 * self.N)
        self.flow = self.grad.T @ sparse.diags_array(self.w) @ self.grad  # (N, N): row r is sum_s w_rs (u_r - u_s)
        if terms.tgv:
            self.beyond, self.bend = self._second_order()

    def _second_order(self) -> tuple[Any, Any]:
        """grad u - v (2 N, 3 N), and the three different numbers of E v (3 N, 3 N), the mixed one counted twice."""
        u, x, y = (np.eye(3)[i : i + 1] for i in range(3))
        one = sparse.eye_array(self.N)
        beyond = [sparse.kron(self.across, u) - sparse.kron(one, x), sparse.kron(self.down, u) - sparse.kron(one, y)]
        mixed = (sparse.kron(self.down, x) + sparse.kron(self.across, y)) * 0.5**0.5
        return sparse.vstack(beyond).tocsr(), sparse.vstack(
            [sparse.kron(self.across, x), sparse.kron(self.down, y), mixed]
        ).tocsr()

    def energy(self, z: Floats) -> float:
        """E, its roots rounded off."""
        terms, u = self.terms, z[:: self.n]
        E = terms.harmonic * float((self.w[:, None] * (self.grad @ u) ** 2).sum()) + terms.bilaplacian * float(
            ((self.flow @ u) ** 2).sum()
        )
        if terms.tv:
            E += terms.tv * float(_roots(self.grad @ u, self.w, self.N).sum())
        if terms.tgv:
            first, second = _roots(self.beyond @ z, self.w, self.N), _roots(self.bend @ z, np.ones(3 * self.N), self.N)
            E += terms.tgv * float(first.sum() + BEND * second.sum())
        return E

    def matrix(self, z: Floats | None) -> Any:
        """A with z^T A z + constant >= E, and equal at this z (half the slope of a root is in its square); without z,
        roots are as squares.
        """
        terms, one = self.terms, np.ones(self.N)
        pull = terms.harmonic * self.w
        if terms.tv:
            pull = pull + terms.tv * self.w / np.tile(
                one if z is None else 2 * _roots(self.grad @ z[:: self.n], self.w, self.N), 2
            )
        A = self.grad.T @ sparse.diags_array(pull) @ self.grad + terms.bilaplacian * (self.flow @ self.flow)
        if not terms.tgv:
            return A
        first = one if z is None else 2 * _roots(self.beyond @ z, self.w, self.N)
        second = one if z is None else 2 * _roots(self.bend @ z, np.ones(3 * self.N), self.N)
        stay = self.beyond.T @ sparse.diags_array(self.w / np.tile(first, 2)) @ self.beyond
        bent = self.bend.T @ sparse.diags_array(BEND / np.tile(second, 3)) @ self.bend
        return sparse.kron(A, np.diag([1.0, 0.0, 0.0])) + terms.tgv * (stay + bent)

    def flat(self) -> Floats:
        """What costs next to nothing, for the multigrid to keep: constant u (n N, 1), and for tgv its two slopes as
        well (n N, 3).
        """
        if self.n == 1:
            return np.ones((self.N, 1))
        B = np.tile(np.eye(3), (self.N, 1, 1))
        B[:, 0, 1:] = np.indices(self.shape)[::-1].reshape(2, self.N).T
        return B.reshape(3 * self.N, 3)


def _descend(sheet: _Sheet, u: Floats, given: NDArray[np.bool_], tolerance: float) -> Floats:
    """z of least energy whose u is as given where it is given."""
    z = np.zeros((sheet.n * sheet.N, 2))
    z[:: sheet.n] = u
    fixed = np.zeros(sheet.n * sheet.N, bool)
    fixed[:: sheet.n] = given
    if fixed.all():
        return z
    z = _solve(sheet.matrix(None), z, fixed, sheet, tolerance, STEPS)
    for _ in range(ROUNDS if sheet.terms.tv or sheet.terms.tgv else 0):
        z = _solve(sheet.matrix(z), z, fixed, sheet, 100 * tolerance, STEPS // 5)  # begins near the end
    return z


def _solve(A: Any, z: Floats, fixed: NDArray[np.bool_], sheet: _Sheet, tolerance: float, steps: int) -> Floats:
    """z moved, where it may, towards the minimum of z^T A z. Rows of what is fixed become those of the identity, so
    that blocks stay whole.
    """
    free = sparse.diags_array((~fixed).astype(np.float64))
    b = -(free @ (A @ z))
    A = sparse.csr_matrix(free @ A @ free + sparse.diags_array(fixed.astype(np.float64)))
    if sheet.n > 1:
        A = A.tobsr((sheet.n, sheet.n))
    sweep = ("block_gauss_seidel" if sheet.n > 1 else "gauss_seidel", {"sweep": "symmetric"})
    grids = pyamg.smoothed_aggregation_solver(
        A, B=sheet.flat(), presmoother=sweep, postsmoother=sweep, improve_candidates=None, max_coarse=100
    )
    return z + np.stack([grids.solve(b[:, i], tol=tolerance, maxiter=steps, accel="cg") for i in range(2)], 1)


def _steps(n: int) -> Any:
    """Forward differences (n, n); the last row is 0."""
    return sparse.diags_array([np.r_[-np.ones(n - 1), 0.0], np.ones(n - 1)], offsets=[0, 1], shape=(n, n))


def _roots(x: Floats, w: Floats, N: int) -> Floats:
    """The length at each pixel (N,) of x (k N, 2), both colors and all k of its parts, squares weighted by w (k N,);
    rounded off below SHARP.
    """
    return np.sqrt((w * (x**2).sum(1)).reshape(-1, N).sum(0) + SHARP**2)
