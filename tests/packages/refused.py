"""The functions of packages that the compiler refuses today, each with what it says.

``python -m packages.checking`` in the folder ``tests`` rewrites the table, with the extra ``packages`` installed.
"""



from __future__ import annotations

WRONG = {"sgp4.satellite_from_elements"}
"""A bug each, to be mended: an object made inside keeps what a method stored in it, without a derivative."""

REFUSED: dict[str, str] = {
    "filterpy.kalman_filter": "storing an attribute of an object is not supported yet",
    "filterpy.kalman_functions": "2 constructs are not supported",
    "filterpy.g_h_filter": "the attribute 'dx' of an active value is not supported",
    "pykalman.smoother_likelihood": "the function that is called here depends on active values itself",
    "ahrs.madgwick": "it is not known whether this changes an array in place or makes a new number",
    "ahrs.mahony": "storing an attribute of an object is not supported yet",
    "simple_pid.pid_loop": "the function that is called here is not known when the code is compiled",
    "control.transfer_function": "it is not known whether this is a number or a view of an array that is written to",
    "py_vollib.option_price_in_python": "`*` needs a tuple whose length is known when the code is compiled",
    "py_vollib.implied_volatility": "it is not known whether this changes an array in place or makes a new number",
    "pymannkendall.sen_slope": "try/except is not supported on the active path",
    "uncertainties.error_propagation": "the attribute 'std_dev' of an active value is not supported",
    "pyquaternion.rotated_vector": "the function that is called here depends on active values itself",
    "pyquaternion.quaternion_algebra": "the attribute 'norm' of an active value is not supported",
    "pyquaternion.spherical_interpolation": "storing an attribute of an object is not supported yet",
    "transforms3d.euler_angles": "try/except is not supported on the active path",
    "bezier.bezier_length": "try/except is not supported on the active path",
    "colour.lab": "a loop over complex is not supported",
    "colour.colour_difference": "try/except is not supported on the active path",
    "colorspacious.uniform_space": "the types in chroma do not settle",
    "colormath.converted_colour": "try/except is not supported on the active path",
    "tmm.thin_film": "a list display with items after `*list` is not supported",
    "miepython.mie": "it is not known whether this changes an array in place or makes a new number",
    "scipy.runge_kutta_45": "try/except is not supported on the active path",
    "scipy.krogh": "the function that is called here depends on active values itself",
    "scipy.euclidean": "'function dnrm2' has neither a derivative rule nor Python source",
    "skyfield.kepler_orbit": "storing an attribute of an object is not supported yet",
    "sgp4.satellite": "storing an attribute of an object is not supported yet",
    "PyAstronomy.kepler_equation": "storing an attribute of an object is not supported yet",
    "PyAstronomy.kepler_ellipse": "the function that is called here depends on active values itself",
    "haversine.haversine": "the function that is called here is not known when the code is compiled",
    "geographiclib.geodesic_distance": "it is not known whether this changes an array in place or makes a new number",
    "geographiclib.geodesic_target": "the function that is called here depends on active values itself",
    "geopy.great_circle_distance": "the attribute 'km' of an active value is not supported",
    "pymap3d.from_earth_centred": "6 constructs are not supported",
    "pymap3d.vincenty": "9 constructs are not supported",
    "ambiance.standard_air": "the attribute 'density' of an active value is not supported",
    "pvlib.solar_cell": "`with` is not supported",
    "pvlib.aoi": "try/except is not supported on the active path",
    "fluids.Colebrook": "3 constructs are not supported",
    "fluids.isothermal_gas": "2 constructs are not supported",
    "fluids.standard_atmosphere": "the attribute 'rho' of an active value is not supported",
    "fluids.tank_volume": "the function that is called here depends on active values itself",
    "fluids.root_by_newton": "a function is used as data",
    "chemicals.iapws95_rho": "try/except is not supported on the active path",
    "chemicals.flash": "try/except is not supported on the active path",
    "thermo.peng_robinson": "the attribute 'V_l' of an active value is not supported",
    "thermo.wilson_excess_energy": "the function that is called here depends on active values itself",
    "iapws._Viscosity": "'NoneType' object has no attribute 'drhodP_T'",
    "iapws._ThCond": "'NoneType' object has no attribute 'drhodP_T'",
    "iapws.steam_object": "the attribute 'w' of an active value is not supported",
    "pyXSteam.steam_tables": "try/except is not supported on the active path",
    "psychrolib.wet_bulb": "`getattr` with a computed name or a default is not supported",
    "psychrolib.moist_air": "`getattr` with a computed name or a default is not supported",
}
