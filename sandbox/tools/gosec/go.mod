module tools/gosec

go 1.26

tool github.com/securego/gosec/v2/cmd/gosec

require (
	github.com/securego/gosec/v2 v2.29.0 // indirect
	golang.org/x/mod v0.40.0 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/tools v0.49.0 // indirect
)
