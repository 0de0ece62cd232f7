"""What tests of gradients need: numerical derivatives and the check against them."""
