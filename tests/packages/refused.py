"""The functions of packages that the compiler refuses today, each with what it says.

``python -m packages.checking`` in the folder ``tests`` rewrites the table, with the extra ``packages`` installed.
"""



# ruff: noqa: E501

from __future__ import annotations

REFUSED: dict[str, str] = {
    "filterpy.kalman_functions": "2 constructs are not supported",
    "pykalman.smoother_likelihood": "try/except is not supported on the active path",
    "ahrs.madgwick": "it is not known whether this changes an array in place or makes a new number",
    "ahrs.mahony": "updateIMU stores 'b' of an object that it is given, and is called recursively or through a variable",
    "simple_pid.pid_loop": "try/except is not supported on the active path",
    "control.transfer_function": "`**` needs a dict whose keys are known when the code is compiled",
    "pymannkendall.sen_slope": "try/except is not supported on the active path",
    "uncertainties.error_propagation": "storing the attribute '_nominal_value' of this Variable is not supported",
    "pyquaternion.rotated_vector": "2 constructs are not supported",
    "pyquaternion.quaternion_algebra": "2 constructs are not supported",
    "pyquaternion.spherical_interpolation": "2 constructs are not supported",
    "transforms3d.euler_angles": "try/except is not supported on the active path",
    "colour.lab": "a loop over complex is not supported",
    "colour.colour_difference": "try/except is not supported on the active path",
    "colorspacious.uniform_space": "`**` needs a dict whose keys are known when the code is compiled",
    "colormath.converted_colour": "try/except is not supported on the active path",
    "tmm.thin_film": "assigning a global variable is not supported",
    "miepython.mie": "the imaginary part of an array that is written to is not supported",
    "scipy.euclidean": "this form of scipy.minkowski has no derivative rule",
    "skyfield.kepler_orbit": "storing an attribute of float64[:,1,:] is not supported",
    "sgp4.satellite": "storing an attribute of any is not supported",
    "sgp4.satellite_from_elements": "it is not known whether this changes an array in place or makes a new number",
    "geopy.great_circle_distance": "the expression `YieldFrom` is not supported",
    "pymap3d.from_earth_centred": "6 constructs are not supported",
    "pymap3d.vincenty": "9 constructs are not supported",
    "pvlib.solar_cell": "`with` is not supported",
    "pvlib.aoi": "try/except is not supported on the active path",
    "fluids.Colebrook": "3 constructs are not supported",
    "fluids.isothermal_gas": "2 constructs are not supported",
    "fluids.tank_volume": "assigning a global variable is not supported",
    "chemicals.iapws95_rho": "try/except is not supported on the active path",
    "chemicals.flash": "try/except is not supported on the active path",
    "thermo.peng_robinson": "try/except is not supported on the active path",
    "thermo.wilson_excess_energy": "try/except is not supported on the active path",
    "iapws.steam_object": "try/except is not supported on the active path",
}
