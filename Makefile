# Two commands do everything: `make up` and `make test`.
STACK ?= dev

SANDBOX = go -C sandbox run .

.PHONY: up preview refresh down test fmt

up: ## bring a stack up in the sandbox: make up STACK=prod
	@$(SANDBOX) up $(STACK)

preview: ## show what up would change, and touch nothing
	@$(SANDBOX) preview $(STACK)

refresh: ## read what is really there into the stack's state
	@$(SANDBOX) refresh $(STACK)

down: ## destroy everything in the stack
	@$(SANDBOX) down $(STACK)

test: ## prove everything
	@.ci/test

fmt: ## format the Go code
	@gofmt -w main.go pkg policy examples sandbox
