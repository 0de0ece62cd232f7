"""What the compiler knows about a function, told to people: the text of each stage, and a report line by line."""
