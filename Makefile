# The scripts do the work; this is for those whose fingers type make.
.PHONY: build test check format bench demo package

build test check format bench demo package:
	@script/$@
