"""The functions of packages that the compiler refuses today, each with what it says.

``python -m packages.checking`` in the folder ``tests`` rewrites the table, with the extra ``packages`` installed.
"""



# ruff: noqa: E501

from __future__ import annotations

REFUSED: dict[str, str] = {
    "pykalman.smoother_likelihood": "the attribute '__signature__' of a function or iterator is not supported",
    "ahrs.madgwick": "the attribute 'to_array' of an active value is not supported",
    "ahrs.mahony": "updateIMU stores 'b' of an object that it is given, and is called recursively or through a variable",
    "control.transfer_function": "`**` needs a dict whose keys are known when the code is compiled",
    "pymannkendall.sen_slope": "`eval` is not supported",
    "uncertainties.error_propagation": "storing the attribute '_nominal_value' of this Variable is not supported",
    "pyquaternion.rotated_vector": "a loop over never is not supported",
    "pyquaternion.quaternion_algebra": "the attribute 'norm' of an active value is not supported",
    "pyquaternion.spherical_interpolation": "a loop over never is not supported",
    "colour.lab": "a loop over complex is not supported",
    "colour.colour_difference": "whether these are one object is not known when the code is compiled",
    "colorspacious.uniform_space": "`**` needs a dict whose keys are known when the code is compiled",
    "colormath.converted_colour": "shortest_path is not at line 1 of <class 'networkx.utils.decorators.argmap'> compilation 8",
    "tmm.thin_film": "assigning a global variable is not supported",
    "miepython.mie": "the imaginary part of an array that is written to is not supported",
    "scipy.euclidean": "this form of scipy.minkowski has no derivative rule",
    "skyfield.kepler_orbit": "storing an attribute of float64[:,1,:] is not supported",
    "sgp4.satellite": "storing an attribute of any is not supported",
    "geopy.great_circle_distance": "`*` needs a tuple whose length is known when the code is compiled",
    "pymap3d.from_earth_centred": "a container is changed in a `try` block",
    "pymap3d.vincenty": "a container is changed in a `try` block",
    "pvlib.solar_cell": "`next` is not supported",
    "fluids.tank_volume": "assigning a global variable is not supported",
    "chemicals.flash": "a variable is used that a failed `try` block had assigned",
    "thermo.peng_robinson": "it is not known whether this is a number or a view of an array that is written to",
    "iapws.steam_object": "<lambda> captures itself, or a variable that is assigned later",
}
