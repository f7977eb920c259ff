# make demo   composes the sample packages of this repository
# make check  runs every test: what developers and CI both run
# make oracle compares composes with those that Pungi made of the same packages
# make bench  compares with the tools that users have now

GO ?= go

.PHONY: build demo check oracle bench
build:
	$(GO) build -o bin/compose ./cmd/compose

demo: build
	@testdata/demo.sh bin/compose out

check:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'gofmt: the files above need it'; exit 1; }
	$(GO) vet ./...
	$(GO) test $(TESTFLAGS) ./...

oracle:  ## CASES=DIR
	COMPOSE_ORACLE=$(CASES) $(GO) test -count=1 -v -run 'TestOracle|TestDifferences' ./gather ./phases

bench: build  ## CORPUS=DIR RUNS=N
	$(GO) test -run '^$$' -bench . -benchtime 1x ./...
	@testdata/bench.sh bin/compose
	@testdata/bench-images.sh bin/compose
