module prodgate/sandbox

go 1.26

require prodgate v0.0.0

replace prodgate => ../
