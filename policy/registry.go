package main

import "fmt"

// immutableRegistry requires that nobody can replace an image that was built and scanned.
var immutableRegistry = policy{
	name:        "immutable-registry",
	description: "Every ECR repository is immutable, scans what is pushed, and is encrypted with a key of the stack's.",
	types:       []string{"aws:ecr/repository:Repository"},
	check: func(_ stack, r resource) []finding {
		found := append(r.require("imageTagMutability", "IMMUTABLE"), r.require("imageScanningConfiguration.scanOnPush", true)...)
		return append(found, requireOne(r.at("encryptionConfigurations"), "encryption configuration", func(encryption value) []finding {
			found := encryption.require("encryptionType", "KMS")
			if key := encryption.at("kmsKey"); !key.isUnknown() && key.isEmpty() {
				found = append(found, finding{fmt.Sprintf("kmsKey is %s, which means the AWS managed key: no policy of the stack limits who uses it", key),
					"set it to the ARN of a key of the stack's"})
			}
			return found
		})...)
	},
}
