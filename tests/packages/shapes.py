"""Rotations, curves, colours, optics, and the parts of SciPy that are Python."""

from __future__ import annotations

import math

import numpy as np

from packages.registry import function, program


@program("pyquaternion", 0.7, np.array([1.0, 2.0, 3.0]), argnums=(0, 1))
def rotated_vector():
    from pyquaternion import Quaternion

    def component(angle, vector):
        return Quaternion(axis=[0.0, 0.6, 0.8], angle=angle).rotate(vector)[0]

    return component


@program("pyquaternion", 0.7, 0.3, argnums=(0, 1))
def quaternion_algebra():
    from pyquaternion import Quaternion

    def norm(a, b):
        p, q = Quaternion(a, 0.2, b, -0.4), Quaternion(0.5, b, a, 1.0)
        return (p * q + 2.0 * p - q.inverse).norm

    return norm


@program("pyquaternion", 0.4, 1.1, argnums=(0, 1))
def spherical_interpolation():
    from pyquaternion import Quaternion

    def part(amount, angle):
        start, end = Quaternion(axis=[1.0, 0.0, 0.0], angle=0.2), Quaternion(axis=[0.0, 0.6, 0.8], angle=angle)
        return Quaternion.slerp(start, end, amount).w

    return part


@program("transforms3d", 0.1, 0.5, -0.7, argnums=(0, 1, 2))
def euler_angles():
    from transforms3d.euler import euler2mat

    def entry(a, b, c):
        return np.sum(euler2mat(a, b, c, "sxyz") * np.arange(9.0).reshape(3, 3))

    return entry


@program("transforms3d", np.array([0.8, 0.1, 0.4, -0.3]))
def quaternion_matrix():
    from transforms3d.quaternions import quat2mat

    def entry(q):
        return np.sum(quat2mat(q) * np.arange(9.0).reshape(3, 3))

    return entry


@program("transforms3d", np.array([0.8, 0.1, 0.4]), 0.7, argnums=(0, 1))
def axis_and_angle():
    from transforms3d.axangles import axangle2mat

    def entry(axis, angle):
        return np.sum(axangle2mat(axis, angle) * np.arange(9.0).reshape(3, 3))

    return entry


@program("bezier", np.array([[0.0, 0.5, 1.0, 1.3], [0.0, 1.0, -0.3, 0.4]]))
def bezier_point():
    from bezier.hazmat.curve_helpers import evaluate_multi

    def total(nodes):
        return np.sum(evaluate_multi(nodes, np.array([0.1, 0.45, 0.8])) ** 2)

    return total


@program("bezier", np.array([[0.0, 0.5, 1.0, 1.3], [0.0, 1.0, -0.3, 0.4]]))
def bezier_length():
    from bezier.hazmat.curve_helpers import compute_length

    return compute_length


@program("bezier", np.array([[0.0, 0.5, 1.0], [0.0, 1.0, -0.3]]), 0.3, argnums=(0, 1))
def bezier_curvature():
    from bezier.hazmat.curve_helpers import evaluate_hodograph, get_curvature

    def curvature(nodes, s):
        return get_curvature(nodes, evaluate_hodograph(s, nodes), s)

    return curvature


XYZ = np.array([0.20654008, 0.12197225, 0.05136952])


@program("colour", XYZ, long=True)
def lab():
    import colour

    def lightness(xyz):
        return np.sum(colour.XYZ_to_Lab(xyz) * np.array([1.0, 0.3, -0.2]))

    return lightness


@program("colour", np.array([100.0, 21.57, 272.23]), np.array([100.0, 426.67, 72.39]), argnums=(0, 1), long=True)
def colour_difference():
    from colour.difference import delta_E_CIE2000

    def difference(a, b):
        return delta_E_CIE2000(a, b)

    return difference


@program("colorspacious", np.array([0.3, 0.6, 0.2]))
def uniform_space():
    from colorspacious import cspace_convert

    def chroma(rgb):
        return cspace_convert(rgb, "sRGB1", "CIELab")[1]

    return chroma


@program("colorspacious", np.array([30.0, 60.0, 20.0]))
def appearance():
    from colorspacious import CIECAM02Space

    def lightness(xyz):
        return CIECAM02Space.sRGB.XYZ100_to_CIECAM02(xyz).J

    return lightness


@program("colormath", 0.2, 0.5, 0.7, argnums=(0, 1, 2))
def converted_colour():
    from colormath.color_conversions import convert_color
    from colormath.color_objects import LabColor, sRGBColor

    def lightness(r, g, b):
        return convert_color(sRGBColor(r, g, b), LabColor).lab_l

    return lightness


@program("tmm", [100e-9, 250e-9], 0.2)  # with respect to the angle, infinity times a zero cotangent is no number
def thin_film():
    from tmm import coh_tmm

    def reflected(thicknesses, angle):
        layers = [math.inf, *thicknesses, math.inf]
        return coh_tmm("s", [1.0, 2.2 + 0.1j, 1.5, 1.0], layers, angle, 500e-9)["R"]

    return reflected


@program("prysm", np.array([0.2, 0.6]), np.array([0.1, 1.2]), argnums=(0, 1))
def zernike():
    from prysm.polynomials import zernike_nm

    def total(r, t):
        return np.sum(zernike_nm(4, 2, r, t))

    return total


@program("miepython", 1.5, 3.0, argnums=(0, 1))
def mie():
    import miepython

    def scattering(m, x):
        return miepython.efficiencies_mx(m, x)[1]

    return scattering


@program("scipy", np.array([1.0, 0.5]), 1.5, argnums=(0, 1), rtol=1e-5)
def runge_kutta_45():
    from scipy.integrate import solve_ivp

    def final(y0, k):
        def rhs(t, y):
            return np.array([y[1], -k * y[0] - 0.1 * y[1]])

        return solve_ivp(rhs, (0.0, 2.0), y0, rtol=1e-6).y[0, -1]

    return final


@program("scipy", 1.5, 0.5, argnums=(0, 1))
def secant_method():
    from scipy.optimize import newton

    def root(a, b):
        return newton(lambda x: x**3 - a * x - b, 1.6)

    return root


@program("scipy", np.array([0.3, 1.2, 0.4, 0.9]), 0.77, argnums=(0, 1))
def krogh():
    from scipy.interpolate import KroghInterpolator

    def value(y, x):
        return KroghInterpolator(np.array([0.0, 0.5, 1.0, 1.5]), y)(x)

    return value


@program("scipy", np.array([0.3, 1.2, 0.4, 0.9, 0.1]))
def simpson():
    from scipy.integrate import simpson

    def integral(y):
        return simpson(y, dx=0.3)

    return integral


function("scipy.spatial.distance:euclidean", np.array([0.3, 1.2]), np.array([0.1, -0.4]), argnums=(0, 1))
