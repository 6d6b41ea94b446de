package account

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"
)

// Files calls GetFolder and not GetFile: the answer has the names of all files of a folder and
// no content. CodeCommit lists one folder at a time.
func (r awsReader) Files(ctx context.Context, folders []Folder) (map[Folder][]string, error) {
	cfg, err := r.load()
	if err != nil {
		return nil, err
	}
	client := codecommit.NewFromConfig(cfg, func(o *codecommit.Options) { o.Retryer = adaptiveRetryer() })
	type answer struct {
		Folder
		files []string
	}
	all, err := callEach(folders, func(f Folder) ([]answer, error) {
		got, err := client.GetFolder(ctx, &codecommit.GetFolderInput{RepositoryName: &f.Repository, CommitSpecifier: &f.Branch, FolderPath: &f.Path})
		var noRepository *types.RepositoryDoesNotExistException
		var noCommit *types.CommitDoesNotExistException
		var noFolder *types.FolderDoesNotExistException
		switch {
		case errors.As(err, &noRepository), errors.As(err, &noCommit):
			return nil, nil
		case errors.As(err, &noFolder):
			return []answer{{f, nil}}, nil
		case err != nil:
			return nil, withAction(err)
		}
		var files []string
		for _, file := range got.Files {
			files = append(files, aws.ToString(file.RelativePath))
		}
		return []answer{{f, files}}, nil
	})
	if err != nil {
		return nil, err
	}
	files := map[Folder][]string{}
	for _, one := range all {
		files[one.Folder] = one.files
	}
	return files, nil
}
