# Two commands do everything: `make up` and `make test`. `make help` lists the rest.
STACK ?= dev

# Built, not run by `go run`, whose own "exit status 1" would be the last line.
SANDBOX = mkdir -p .sandbox/tools/bin && go -C sandbox build -o ../.sandbox/tools/bin/sandbox . && .sandbox/tools/bin/sandbox

.DEFAULT_GOAL := help
.PHONY: help up preview refresh outputs down check test fmt

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## bring a stack up in the sandbox (STACK=dev when left out)
	@$(SANDBOX) up $(STACK)

preview: ## show what up would change, and change nothing
	@$(SANDBOX) preview $(STACK)

refresh: ## read what is really there into the stack's state
	@$(SANDBOX) refresh $(STACK)

outputs: ## list the stack's outputs, or print one (OUTPUT=guardrails)
	@$(SANDBOX) outputs $(STACK) $(OUTPUT)

down: ## destroy everything in the stack
	@$(SANDBOX) down $(STACK)

check: ## formatting, lint, unit tests and the policy pack: no emulator, a few minutes
	@.ci/check

test: ## prove everything
	@.ci/test

fmt: ## format the Go and Python code
	@gofmt -w *.go pkg policy examples sandbox
	@$(SANDBOX) fmt
