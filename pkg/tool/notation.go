package tool

// Notation signs images and verifies signatures. The checksum is from the release's own list,
// as Microsoft's guides of Trusted Signing and of Key Vault print it; other projects pin the same.
var Notation = Tool{
	Name:    "notation",
	Version: "1.3.2",
	URL:     "https://github.com/notaryproject/notation/releases/download/v1.3.2/notation_1.3.2_linux_amd64.tar.gz",
	SHA256:  "e1a0f060308086bf8020b2d31defb7c5348f133ca0dba6a1a7820ef3cbb6dfe5",
	Seen:    []string{"Microsoft's guide of Trusted Signing", "Microsoft's guide of Key Vault"},
}

// SignerPlugin is notation's plugin for AWS Signer. AWS publishes the plugin at the one address that
// its guide names, which always has the latest version. When AWS replaces it, the checksum no longer
// matches, and nothing is signed until somebody verifies the signature of the new version and writes
// its checksum here.
//
// The checksum has one source only: a project that verified AWS's signature of 2025-06-13 with the
// key whose fingerprint the guide prints. Nobody else publishes a checksum. Verify the plugin again
// before the first use: run gpg --verify on the .sig file that the guide names.
var SignerPlugin = Tool{
	Name:    "signer_plugin",
	Version: "of 2025-06-13",
	URL:     "https://d2hvyiie56hcat.cloudfront.net/linux/amd64/plugin/latest/notation-aws-signer-plugin.zip",
	SHA256:  "f8efa548932edc4851f4ba464496994bad753cdf21cd32baa575f7291a26c7b9",
	Seen:    []string{"a project that verified AWS's signature"},
}

// SignerRoot is the root certificate of every signature of AWS Signer in the commercial regions:
// base64 of its DER form, as in a PEM file. AWS publishes it beside the plugin. SignerRootSHA256 is
// its fingerprint, which notation prints for signed images (AWS's workshops show it).
const (
	SignerRoot = "" +
		"MIICWTCCAd6gAwIBAgIRAMq5Lmt4rqnUdi8qM4eIGbYwCgYIKoZIzj0EAwMwbDEL" +
		"MAkGA1UEBhMCVVMxDDAKBgNVBAoMA0FXUzEVMBMGA1UECwwMQ3J5cHRvZ3JhcGh5" +
		"MQswCQYDVQQIDAJXQTErMCkGA1UEAwwiQVdTIFNpZ25lciBDb2RlIFNpZ25pbmcg" +
		"Um9vdCBDQSBHMTAgFw0yMjEwMjcyMTMzMjJaGA8yMTIyMTAyNzIyMzMyMlowbDEL" +
		"MAkGA1UEBhMCVVMxDDAKBgNVBAoMA0FXUzEVMBMGA1UECwwMQ3J5cHRvZ3JhcGh5" +
		"MQswCQYDVQQIDAJXQTErMCkGA1UEAwwiQVdTIFNpZ25lciBDb2RlIFNpZ25pbmcg" +
		"Um9vdCBDQSBHMTB2MBAGByqGSM49AgEGBSuBBAAiA2IABM9+dM9WXbVyNOIP08oN" +
		"IQW8DKKdBxP5nYNegFPLfGP0f7+0jweP8LUv1vlFZqVDep5ONus9IxwtIYBJLd36" +
		"5Q3Z44Xnm4PY/wSI5xRvB/m+/B2PHc7Smh0P5s3Dt25oVKNCMEAwDwYDVR0TAQH/" +
		"BAUwAwEB/zAdBgNVHQ4EFgQUONhd3abPX87l4YWKxjysv28QwAYwDgYDVR0PAQH/" +
		"BAQDAgGGMAoGCCqGSM49BAMDA2kAMGYCMQCd32GnYU2qFCtKjZiveGfs+gCBlPi2" +
		"Hw0zU52LXIFC2GlcvwcekbiM6w0Azlr9qvMCMQDl4+Os0yd+fVlYMuovvxh8xpjQ" +
		"NPJ9zRGyYa7+GNs64ty/Z6bzPHOKbGo4In3KKJo="
	SignerRootSHA256 = "90a87d0543c3f094dbff9589b6649affe2f3d6e0f308799be2258461c686473f"
)
