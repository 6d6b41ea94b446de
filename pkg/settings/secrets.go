package settings

import (
	"fmt"
	"slices"
	"strings"

	"prodgate/pkg/buildspec"
)

// taken are the variables that the build already has: CodeBuild, environment variables in
// build environments, and those that a shell interprets.
var taken = slices.Concat(
	[]string{"PATH", "HOME", "PWD", "SHELL", "IFS", "ENV", "BASH_ENV", buildspec.BuildSecrets},
	buildspec.Required("build"), buildspec.Exported("build"),
)

// reserved are the prefixes of names that CodeBuild, AWS's SDKs and docker reserve.
var reserved = []string{"CODEBUILD_", "AWS_", "DOCKER_"}

// checkSecrets checks an app's secrets, each either adopted or created by the gate. at is the app's place.
func (c *checker) checkSecrets(at place, secrets []Secret, s *Settings) {
	first := map[string]int{}
	for i, secret := range secrets {
		one := at.child("secrets").item(i)
		name, adopted, key := one.child("name"), one.child("arn"), one.child("keyArn")
		rotation, days := one.child("rotationLambdaArn"), one.child("rotationDays")

		if earlier, twice := first[secret.Name]; twice && secret.Name != "" {
			c.add(name, show(secret.Name), fmt.Sprintf("is also the variable of secrets[%d]", earlier), "give each secret a variable of its own")
		} else {
			first[secret.Name] = i
		}
		begins := func(prefix string) bool { return strings.HasPrefix(secret.Name, prefix) }
		if slices.Contains(taken, secret.Name) || slices.ContainsFunc(reserved, begins) {
			c.add(name, show(secret.Name), "is already a variable of the build", "choose another name")
		}

		c.checkARN(adopted, secretARN, secret.Arn, s)
		c.checkARN(key, keyARN, secret.KeyArn, s)
		c.checkARN(rotation, functionARN, secret.RotationLambdaArn, s)
		if c.written[key.key] {
			c.require(adopted, key, "write the secret that this key encrypts, a secret that the gate creates has a key of its own")
		}
		if c.written[adopted.key] && c.written[rotation.key] && !c.hasProblem(rotation) {
			c.add(rotation, show(secret.RotationLambdaArn), "has no effect on an adopted secret", "leave the key out, the owner of the secret rotates it")
		}
		if c.written[days.key] {
			c.require(rotation, days, "write the ARN of the function that rotates the secret, or leave out rotationDays too")
		}
	}
}

// IsCreated is whether the gate makes the secret; else it adopts one.
func (s Secret) IsCreated() bool { return s.Arn == "" }

// CreatesSecrets is whether any app has a secret that the gate makes.
func (s *Settings) CreatesSecrets() bool {
	return slices.ContainsFunc(s.Apps, func(app App) bool { return slices.ContainsFunc(app.Secrets, Secret.IsCreated) })
}
