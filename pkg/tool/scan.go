package tool

// The scanners of the source.
var (
	// Gitleaks finds secrets.
	Gitleaks = Tool{
		Name: "gitleaks", Version: "8.30.1",
		URL:    "https://github.com/gitleaks/gitleaks/releases/download/v8.30.1/gitleaks_8.30.1_linux_x64.tar.gz",
		SHA256: "551f6fc83ea457d62a0d98237cbad105af8d557003051f41f3e7ca7b3f2470eb",
		Seen:   []string{"a scan script of redhat-developer", "install scripts of nine more repositories"},
	}
	// Grype finds known vulnerabilities of dependencies.
	Grype = Tool{
		Name: "grype", Version: "0.110.0",
		URL:    "https://github.com/anchore/grype/releases/download/v0.110.0/grype_0.110.0_linux_amd64.tar.gz",
		SHA256: "aaa98d27d2d7efd9317c6a1ad6d9b15f3e65bab320e7d03bde41e251387bb71c",
		Seen:   []string{"a table of release assets for four platforms", "three more tables and Dockerfiles"},
	}
	// Gosec finds insecure code in Go.
	Gosec = Tool{
		Name: "gosec", Version: "2.29.0",
		URL:    "https://github.com/securego/gosec/releases/download/v2.29.0/gosec_2.29.0_linux_amd64.tar.gz",
		SHA256: "6431b119741c1f4a50fdfcf94e782e16b9e642afc8c7fa9b5d39d48bf3003095",
		Seen:   []string{"a table of release assets for two platforms", "three more tables and Dockerfiles"},
	}
)

// Bandit finds insecure code in Python. The list has its wheel and the wheels of everything that it
// imports, so that pip resolves nothing at installation. CPython 3.10 to 3.13.
var Bandit = []Package{
	{Name: "bandit", Version: "1.9.4", SHA256: []string{"f89ffa663767f5a0585ea075f01020207e966a9c0f2b9ef56a57c7963a3f6f8e"},
		Seen: []string{"IBM/mcp-context-forge uv.lock", "awslabs/mcp uv.lock"}},
	{Name: "markdown-it-py", Version: "4.0.0", SHA256: []string{"87327c59b172c5011896038353a81343b6754500a08cd7a4973bb48c6d578147"},
		Seen: []string{"prowler-cloud/prowler poetry.lock", "awslabs/mcp uv.lock"}},
	{Name: "mdurl", Version: "0.1.2", SHA256: []string{"84008a41e51615a49fc9966191ff91509e3c40b939176e643fd50a5c2196b8f8"},
		Seen: []string{"IBM/mcp-context-forge uv.lock", "bridgecrewio/checkov Pipfile.lock"}},
	{Name: "pygments", Version: "2.19.2", SHA256: []string{"86540386c03d588bb81d44bc3928634ff26449851e99741617ecb9037ee5ec0b"},
		Seen: []string{"awslabs/mcp uv.lock", "formulas of Homebrew taps"}},
	{Name: "pyyaml", Version: "6.0.3", SHA256: []string{
		"9c7708761fccb9397fe64bbc0395abcae8c4bf7b0eac081e12b809bf47700d0b",
		"b8bb0864c5a28024fac8a632c443c87c5aa6f215c0b126c449ae1a150412f31d",
		"ba1cc08a7ccde2d2ec775841541641e4548226580ab850948cbfda66a1befcdc",
		"0f29edc409a6392443abf94b9cf89ce99889a1dd5376d94316ae5145dfedd5d6",
	}, Seen: []string{"bridgecrewio/checkov Pipfile.lock", "awslabs/mcp uv.lock"}},
	{Name: "rich", Version: "14.3.3", SHA256: []string{"793431c1f8619afa7d3b52b2cdec859562b950ea0d4b6b505397612db8d5362d"},
		Seen: []string{"awslabs/mcp uv.lock", "formulas of Homebrew taps"}},
	{Name: "stevedore", Version: "5.7.0", SHA256: []string{"fd25efbb32f1abb4c9e502f385f0018632baac11f9ee5d1b70f88cc5e22ad4ed"},
		Seen: []string{"prowler-cloud/prowler uv.lock", "awslabs/mcp uv.lock"}},
	{Name: "typing-extensions", Version: "4.15.0", SHA256: []string{"f0fa19c6845758ab08074a0cfa8b7aecb71c999ca73d62883bc25cc018c4e548"},
		Seen: []string{"prowler-cloud/prowler poetry.lock", "awslabs/mcp uv.lock"}},
}

// BanditRequirements is the environment variable that holds Requirements(Bandit).
const BanditRequirements = "BANDIT_REQUIREMENTS"
