"""Methods that two chapters or more use: survival curves, the chance to return, values, Cox models."""
