module externalsource-controller/tests/bench/peers

go 1.26.0
