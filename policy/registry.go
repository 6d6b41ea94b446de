package main

import "fmt"

// immutableRegistry keeps an image what it was when it was built and checked.
var immutableRegistry = policy{
	name:        "immutable-registry",
	description: "Every ECR repository is immutable, scans what is pushed, and is encrypted with a key of the stack's.",
	types:       []string{"aws:ecr/repository:Repository"},
	resource: func(_ stack, r resource) []finding {
		found := append(r.want("imageTagMutability", "IMMUTABLE"), r.want("imageScanningConfiguration.scanOnPush", true)...)
		return append(found, one(r.at("encryptionConfigurations"), "encryption configuration", func(encryption value) []finding {
			found := encryption.want("encryptionType", "KMS")
			if key := encryption.at("kmsKey"); !key.unknown() && key.silent() {
				found = append(found, finding{fmt.Sprintf("kmsKey is %s, which is the key of AWS's that no policy limits", key),
					"set it to the ARN of a key of the stack's"})
			}
			return found
		})...)
	},
}
