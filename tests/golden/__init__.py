"""Generated adjoints to read: ``functions.py`` differentiated, one file each in ``adjoints``."""
