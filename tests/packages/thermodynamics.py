"""Fluids, heat transfer, chemical properties, steam, moist air."""

from __future__ import annotations

from packages.registry import function, program

function("fluids.friction:Colebrook", 1e5, 1e-4, argnums=(0, 1))
function("fluids.friction:friction_factor", 1e5, 1e-4, argnums=(0, 1))
function("fluids.friction:one_phase_dP", 10.0, 1000.0, 1e-3, 0.1, 1e-4, 1.0, argnums=(0, 1, 2, 3))
function(
    "fluids.two_phase:Friedel", 0.6, 0.1, 915.0, 2.67, 180e-6, 14e-6, 0.0487, 0.05, 0.0, 1.0, argnums=(0, 1, 7)
)
function("fluids.compressible:isothermal_gas", 11.3, 0.00185, 1e6, 9e5, 1000.0, 0.5, argnums=(0, 2, 3))
function("fluids.drag:drag_sphere", 200.0)
function("fluids.open_flow:V_Manning", 0.2859, 0.005236, 0.03, argnums=(0, 1, 2))


@program("fluids", 5000.0)
def standard_atmosphere():
    from fluids.atmosphere import ATMOSPHERE_1976

    def density(z):
        return ATMOSPHERE_1976(z).rho

    return density


@program("fluids", 1.2, 4.0, 0.4, argnums=(0, 1, 2))
def tank_volume():
    from fluids.geometry import TANK

    def volume(diameter, length, height):
        tank = TANK(D=diameter, L=length, horizontal=True, sideA="spherical", sideA_a=0.1)
        return tank.V_from_h(height)

    return volume


@program("fluids", 0.7, 2.0, argnums=(0, 1))
def root_by_newton():
    from fluids.numerics import newton

    def root(a, b):
        return newton(lambda x: a * x**3 + x - b, 1.0, fprime=lambda x: 3.0 * a * x**2 + 1.0)

    return root


@program("fluids", 0.7, 2.0, argnums=(0, 1))
def root_by_secant():
    from fluids.numerics import secant

    def root(a, b):
        return secant(lambda x: a * x**3 + x - b, 1.0)

    return root


function("ht.conv_internal:Nu_conv_internal", 1e5, 0.7, 1e-3, argnums=(0, 1))
function("ht.boiling_nucleic:Rohsenow", 957.9, 0.596, 2.79e-4, 0.68, 4217.0, 2.257e6, 0.0589, 4.9, argnums=(0, 6, 7))
function("ht.condensation:Nusselt_laminar", 370.0, 350.0, 7.0, 585.0, 0.091, 158.9e-6, 776900.0, 0.1, argnums=(0, 1, 4))
function("ht.conv_free_immersed:Nu_horizontal_cylinder", 0.69, 2.63e9, argnums=(0, 1))


@program("ht", 5.2, 1.45, 3000.0, argnums=(0, 1, 2))
def heat_exchanger():
    from ht.hx import effectiveness_NTU_method

    def duty(hot, cold, conductance):
        found = effectiveness_NTU_method(
            mh=hot, mc=cold, Cph=1860.0, Cpc=1900.0, subtype="counterflow", Tci=15.0, Thi=130.0, UA=conductance
        )
        return found["Q"]

    return duty


function("chemicals.vapor_pressure:Antoine", 100.0, 8.7687, 395.744, -6.469, argnums=(0, 1, 2, 3))
function("chemicals.virial:BVirial_Pitzer_Curl", 510.0, 425.2, 38e5, 0.193, argnums=(0, 1, 2, 3))
function("chemicals.volume:COSTALD", 272.03889, 369.83333, 0.20008161e-3, 0.1532, argnums=(0, 1, 2, 3))
function("chemicals.heat_capacity:TRCCp", 300.0, 4.0, 7.65e5, 720.0, 3.565, -0.052, -1.55e-6, 52.0, 201.0)
function("chemicals.iapws:iapws97_rho", 330.0, 8e6, argnums=(0, 1))
function("chemicals.iapws:iapws95_rho", 400.0, 1e6, argnums=(0, 1), long=True)


@program("chemicals", [0.5, 0.3, 0.2], [1.685, 0.742, 0.532], argnums=(0, 1))
def flash():
    from chemicals.rachford_rice import Rachford_Rice_solution

    def vapour_fraction(zs, ks):
        return Rachford_Rice_solution(zs, ks)[0]

    return vapour_fraction


@program("thermo", 507.6, 3025000.0, 0.2975, 299.0, 1e6, argnums=(0, 1, 2, 3, 4))
def peng_robinson():
    from thermo.eos import PR

    def liquid_volume(tc, pc, omega, t, p):
        return PR(Tc=tc, Pc=pc, omega=omega, T=t, P=p).V_l

    return liquid_volume


@program("thermo", [0.252, 0.748], 0.2, argnums=(0, 1))
def wilson_excess_energy():
    from thermo.wilson import Wilson

    def excess(xs, b):
        mixture = Wilson(
            T=331.42,
            xs=xs,
            lambda_as=[[0.0, 3.870101271243586], [0.07939943395502425, 0.0]],
            lambda_bs=[[0.0, -375.2835], [-31.1208 * b, 0.0]],
        )
        return mixture.GE()

    return excess


function("iapws._iapws:_Viscosity", 998.0, 298.15, argnums=(0, 1))
function("iapws._iapws:_ThCond", 998.0, 298.15, argnums=(0, 1))


@program("iapws", 300.0, 3.0, argnums=(0, 1))
def water_in_region_1():
    from iapws.iapws97 import _Region1

    def enthalpy(t, p):
        return _Region1(t, p)["h"]

    return enthalpy


@program("iapws", 300.0, 3.0, argnums=(0, 1), long=True)
def steam_object():
    from iapws import IAPWS97

    def sound(t, p):
        return IAPWS97(T=t, P=p).w

    return sound


@program("pyXSteam", 80.0, 200.0, argnums=(0, 1))
def steam_tables():
    from pyXSteam.XSteam import XSteam

    tables = XSteam(XSteam.UNIT_SYSTEM_MKS)

    def enthalpy(p, t):
        return tables.h_pt(p, t)

    return enthalpy


@program("psychrolib", 25.0, 0.6, 101325.0, argnums=(0, 1, 2))
def wet_bulb():
    import psychrolib

    psychrolib.SetUnitSystem(psychrolib.SI)

    def humidity(t, relative, p):
        return psychrolib.GetHumRatioFromRelHum(t, relative, p)

    return humidity


@program("psychrolib", 25.0, 0.6, 101325.0, argnums=(0, 1, 2))
def moist_air():
    import psychrolib

    psychrolib.SetUnitSystem(psychrolib.SI)

    def volume(t, relative, p):
        return psychrolib.CalcPsychrometricsFromRelHum(t, relative, p)[5]

    return volume
