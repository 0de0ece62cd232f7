"""The functions of packages that the compiler refuses today, each with what it says.

``python -m packages.checking`` in the folder ``tests`` rewrites the table, with the extra ``packages`` installed.
"""



# ruff: noqa: E501

from __future__ import annotations

REFUSED: dict[str, str] = {
    "chempy.arrhenius": "the function that is called here is not known when the code is compiled",
    "pysolar.altitude": "the types in <lambda> do not settle",
    "pygeodesy.distances": "storing an attribute of any is not supported",
    "pygeodesy.spherical_distance": "whether these are one object is not known when the code is compiled",
    "pygeodesy.ellipsoidal_distance": "_fget is not differentiated, but it may write to its arguments",
    "spatialmath.rotation_functions": "sympy.sin has neither a derivative rule nor Python source that could be differentiated",
    "spatialmath.pose_objects": "`copy.copy` of any is not supported",
    "quantecon.kalman_filter": "storing an attribute of float64[1,:] is not supported",
    "simdkalman.smoothed_series": "it is not known whether this is a number or a view of an array that is written to",
    "statsmodels.least_squares": "`__dict__` of this object is not supported",
    "splines.catmull_rom": "splines._end_tangent has neither a derivative rule nor Python source that could be differentiated",
    "bspline.basis": "an object of Cython code has neither a derivative rule nor Python source",
    "geomdl.nurbs_curve": "format has neither a derivative rule nor Python source that could be differentiated (knotvector.py:93:15)",
    "aerosandbox.atmosphere": "a container is changed in a `try` block",
    "aerosandbox.drag_of_a_cylinder": "it is not known whether this is a number or a view of an array that is written to",
    "pykalman.smoother_likelihood": "the attribute '__signature__' of a function or iterator is not supported",
    "ahrs.madgwick": "the attribute 'to_array' of an active value is not supported",
    "ahrs.mahony": "updateIMU stores 'b' of an object that it is given, and is called recursively or through a variable",
    "control.transfer_function": "`**` needs a dict whose keys are known when the code is compiled",
    "uncertainties.error_propagation": "`**` needs a dict whose keys are known when the code is compiled",
    "galpy.milky_way_potential": "`__call__` of LogarithmicHaloPotential stores something, and is called where Python calls it by itself",
    "galpy.potential_from_parameters": "the types in <lambda> do not settle",
    "galpy.galactic_coordinates": "`*` needs a tuple whose length is known when the code is compiled",
    "colossus.nfw_profile": "a dict is filled from something of unknown type",
    "lmfit.model_object": "storing an attribute of never is not supported",
    "pymoo.test_problems": "a container is changed in a `try` block",
    "pymoo.test_problem_inside": "Ackley._evaluate is called through a variable or an object of unknown type, and changes something",
    "pymoo.pareto_problems": "a function that is called recursively or through a variable shares an array that is written to",
    "empyrical.performance": "bottleneck.nanstd has neither a derivative rule nor Python source that could be differentiated (utils.py:45:20)",
    "empyrical.alpha_and_beta": "bottleneck.nanmean has neither a derivative rule nor Python source that could be differentiated (utils.py:45:20)",
    "abel.abel_transform": "a ndarray is changed in place, and another name for it is used later",
    "pyquaternion.spherical_interpolation": "the attribute 'q' of an active value is not supported",
    "colour.lab": "the global variable '_SDIV_MODE' is assigned, and a function is called that is only known at run time",
    "colour.colour_difference": "whether these are one object is not known when the code is compiled",
    "colorspacious.uniform_space": "the types in chroma do not settle",
    "colormath.converted_colour": "it is not known whether this is a number or a view of an array that is written to",
    "tmm.thin_film": "numpy.arcsin has neither a derivative rule nor Python source that could be differentiated",
    "miepython.mie": "the imaginary part of an array that is written to is not supported",
    "skyfield.kepler_orbit": "storing an attribute of float64[:,1,:] is not supported",
    "geopy.great_circle_distance": "`*` needs a tuple whose length is known when the code is compiled",
    "pymap3d.from_earth_centred": "a container is changed in a `try` block",
    "pymap3d.vincenty": "a container is changed in a `try` block",
    "fluids.tank_volume": "the global variable 'sp_quad' is assigned, and a function is called that is only known at run time",
    "iapws.steam_object": "<lambda> captures itself, or a variable that is assigned later",
    "rowan.interpolated": "a broadcast view of an array that is written to is not supported",
}
