"""The functions of packages that the compiler refuses today, each with what it says.

``python -m packages.checking`` in the folder ``tests`` rewrites the table, with the extra ``packages`` installed.
"""



# ruff: noqa: E501

from __future__ import annotations

REFUSED: dict[str, str] = {
    "pysolar.altitude": "timestamp has neither a derivative rule nor Python source that could be differentiated",
    "pygeodesy.distances": "pygeodesy.Phid has neither a derivative rule nor Python source that could be differentiated",
    "pygeodesy.spherical_distance": "pygeodesy.Lat has neither a derivative rule nor Python source that could be differentiated",
    "pygeodesy.ellipsoidal_distance": "the function writes to _datum, which belongs to its surroundings",
    "statsmodels.least_squares": "attributes of a ModelData are stored in its `__dict__` under names that are not known",
    "bspline.basis": "<Bspline> has neither a derivative rule nor Python source",
    "aerosandbox.atmosphere": "the function writes to interpolated_log_pressure, which belongs to its surroundings (casadi.py:46350:12)",
    "aerosandbox.drag_of_a_cylinder": "it is not known whether this is a number or a view of an array that is written to (determine_type.py:80:23)",
    "pykalman.smoother_likelihood": "the attribute '__signature__' of a function or iterator is not supported",
    "ahrs.madgwick": "a function that is called recursively or through a variable shares an array that is written to (madgwick.py:620:22)",
    "ahrs.mahony": "__getattribute__ has neither a derivative rule nor Python source that could be differentiated",
    "control.transfer_function": "an array of objects that depends on what is differentiated is not supported",
    "uncertainties.error_propagation": "`mul` of a Variable is not supported",
    "galpy.galactic_coordinates": "`**` needs a dict whose keys are known when the code is compiled",
    "colossus.nfw_profile": "the keys of a dict are read that depend on what is differentiated",
    "pymoo.test_problems": "a container is changed in a `try` block",
    "pymoo.test_problem_inside": "Ackley._evaluate is called through a variable or an object of unknown type, and changes something",
    "pymoo.pareto_problems": "a function that is called recursively or through a variable shares an array that is written to",
    "empyrical.performance": "bottleneck.nanstd has neither a derivative rule nor Python source that could be differentiated (utils.py:45:20)",
    "empyrical.alpha_and_beta": "bottleneck.nanmean has neither a derivative rule nor Python source that could be differentiated (utils.py:45:20)",
    "abel.abel_transform": "a ndarray is changed in place, and another name for it is used later (direct.py:134:9)",
    "colour.lab": "the global variable '_SDIV_MODE' is assigned, and a function is called that is only known at run time",
    "colour.colour_difference": "whether these are one object is not known when the code is compiled",
    "colormath.converted_colour": "`__str__` of sRGBColor stores something, and is called where Python calls it by itself",
    "geopy.great_circle_distance": "it is not known whether this is a number or a view of an array that is written to",
    "rowan.interpolated": "a broadcast view of an array that is written to is not supported",
}
