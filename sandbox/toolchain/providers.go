package toolchain

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// The versions of the SDKs in go.mod, and of the Terraform provider that this pulumi-aws
// wraps.
const (
	AWSVersion          = "6.83.2"
	GitHubVersion       = "6.14.0"
	terraformAWSVersion = "5.100.0"
)

// awsProvider uses the plugin in Pulumi's plugin cache; else it bridges an installed
// terraform-provider-aws; else Pulumi downloads the plugin.
func (k *Kit) awsProvider(ctx context.Context, log Log) error {
	if k.linkInstalled("aws", AWSVersion) {
		return nil
	}
	if binary := findTerraformAWS(); binary != "" {
		name := "terraform-provider-aws" // the bridge derives the package's name from it
		if err := k.link(binary, k.leashed(name)); err != nil {
			return err
		}
		if err := k.link("sandbox", filepath.Join(k.Bin, name)); err != nil {
			return err
		}
		return k.linkBridge(ctx, log, "aws", AWSVersion)
	}
	log("downloading the AWS provider %s", AWSVersion)
	if err := k.download(ctx, log, "aws", AWSVersion); err != nil {
		return errors.Join(err, errors.New("no AWS provider: neither is the Pulumi plugin aws "+AWSVersion+
			" installed or available, nor is terraform-provider-aws "+terraformAWSVersion+
			" in a plugin folder or filesystem mirror of Terraform (name one with TF_PLUGIN_CACHE_DIR)"))
	}
	return nil
}

// githubProvider uses the plugin in Pulumi's plugin cache, or builds and bridges the Terraform
// provider.
func (k *Kit) githubProvider(ctx context.Context, log Log) error {
	if k.linkInstalled("github", GitHubVersion) {
		return nil
	}
	if err := k.build(ctx, log, builtTool{
		name: "terraform-provider-github", module: "github", duration: "90 seconds", leashed: true,
		pkg: "github.com/integrations/terraform-provider-github/v6",
	}); err != nil {
		return err
	}
	return k.linkBridge(ctx, log, "github", GitHubVersion)
}

// linkInstalled links the plugin of the user's own plugin cache, and reports whether it exists.
func (k *Kit) linkInstalled(name, version string) bool {
	home := os.Getenv("PULUMI_HOME")
	if home == "" {
		user, err := os.UserHomeDir()
		if err != nil {
			return false
		}
		home = filepath.Join(user, ".pulumi")
	}
	folder := "resource-" + name + "-v" + version
	plugin := filepath.Join(home, "plugins", folder)
	if _, err := os.Stat(filepath.Join(plugin, "pulumi-resource-"+name)); err != nil {
		return false
	}
	return k.link(plugin, filepath.Join(k.Plugins, folder)) == nil
}

// linkBridge links the sandbox's own binary to the path where the engine looks for the plugin.
func (k *Kit) linkBridge(ctx context.Context, log Log, name, version string) error {
	if err := k.link(filepath.Join(k.Bin, "sandbox"),
		filepath.Join(k.Plugins, "resource-"+name+"-v"+version, "pulumi-resource-"+name)); err != nil {
		return err
	}
	// Packages that modules/pulumi needs too have the same versions in both module files, so
	// that they are compiled once.
	return k.build(ctx, log, builtTool{
		name: "pulumi-resource-terraform-provider", module: "bridge", duration: "2 minutes", leashed: true,
		pkg: "github.com/pulumi/pulumi-terraform-bridge/v3/dynamic",
	})
}

func (k *Kit) download(ctx context.Context, log Log, name, version string) error {
	cmd := exec.CommandContext(ctx, k.Pulumi, "plugin", "install", "resource", name, version)
	cmd.Env = append(os.Environ(), "PULUMI_HOME="+filepath.Dir(k.Plugins))
	return run(ctx, log, "pulumi plugin install "+name, cmd)
}

// terraformAWS searches Terraform's default folders (its plugin cache, its implied local
// mirrors), and /opt, where a machine's image may have a mirror.
func findTerraformAWS() string {
	home, _ := os.UserHomeDir()
	mirrors := []string{
		os.Getenv("TF_PLUGIN_CACHE_DIR"),
		filepath.Join(home, ".terraform.d", "plugins"),
		filepath.Join(home, ".terraform.d", "plugin-cache"),
		filepath.Join(home, ".local", "share", "terraform", "plugins"),
		"/usr/local/share/terraform/plugins",
		"/usr/share/terraform/plugins",
		"/opt/*",
	}
	for _, mirror := range mirrors {
		if mirror == "" {
			continue
		}
		found, _ := filepath.Glob(filepath.Join(mirror, "registry.terraform.io", "hashicorp", "aws",
			terraformAWSVersion, runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-aws_v*"))
		if len(found) > 0 {
			return found[0]
		}
	}
	return ""
}
