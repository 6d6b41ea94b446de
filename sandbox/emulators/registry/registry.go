// Package registry is ECR's registry of OCI artifacts. Its images are those of an ECR that is
// only an API (the emulator's), by their digests. Artifacts that are pushed to it, such as
// signatures, stay in the registry.
package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/registry"
)

// Registry serves account.dkr.ecr.region.amazonaws.com.
type Registry struct {
	images *ecr.Client
	stored http.Handler
}

// New is a registry in front of an ECR.
func New(images *ecr.Client) *Registry {
	return &Registry{images: images, stored: registry.New(
		registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0)))}
}

func (r *Registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	// ECR's user, and a password that only GetAuthorizationToken returns.
	if user, password, _ := request.BasicAuth(); user != "AWS" || password == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="`+request.Host+`",service="ecr.amazonaws.com"`)
		http.Error(w, "Not Authorized", http.StatusUnauthorized)
		return
	}
	var err error
	at := manifest.FindStringSubmatch(request.URL.Path)
	switch {
	case at == nil:
	case request.Method != http.MethodPut:
		err = r.copyImage(request.Context(), at[1], at[2])
	case !digest.MatchString(at[2]):
		// Only images have tags, which are immutable: a tag cannot hold an index of signatures.
		http.Error(w, `{"errors":[{"code":"TAG_INVALID","message":"only images have tags here"}]}`, http.StatusBadRequest)
		return
	default:
		err = acknowledgeSubject(w, request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	r.stored.ServeHTTP(w, request)
}

var (
	manifest = regexp.MustCompile(`^/v2/(.+)/manifests/([^/]+)$`)
	digest   = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// acknowledgeSubject reports that a manifest is stored as a referrer, as a registry with referrers does.
func acknowledgeSubject(w http.ResponseWriter, request *http.Request) error {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	var refers struct{ Subject struct{ Digest string } }
	if err := json.Unmarshal(body, &refers); err != nil {
		return err
	}
	if refers.Subject.Digest != "" {
		w.Header().Set("OCI-Subject", refers.Subject.Digest)
	}
	return nil
}

// copyImage copies an image of ECR into the registry, by its digest.
func (r *Registry) copyImage(ctx context.Context, repository, reference string) error {
	if !digest.MatchString(reference) {
		return nil
	}
	response, err := r.images.BatchGetImage(ctx, &ecr.BatchGetImageInput{
		RepositoryName: &repository, ImageIds: []types.ImageIdentifier{{ImageDigest: &reference}},
	})
	var none *types.RepositoryNotFoundException
	if errors.As(err, &none) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, image := range response.Images {
		put := httptest.NewRequestWithContext(ctx, http.MethodPut, "/v2/"+repository+"/manifests/"+reference,
			bytes.NewReader([]byte(aws.ToString(image.ImageManifest))))
		put.Header.Set("Content-Type", aws.ToString(image.ImageManifestMediaType))
		response := httptest.NewRecorder()
		r.stored.ServeHTTP(response, put)
		if response.Code != http.StatusCreated {
			return errors.New(response.Body.String())
		}
	}
	return nil
}
