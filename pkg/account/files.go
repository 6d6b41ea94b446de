package account

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"
)

// Files asks for folders and not for files: the answer holds no content, and names what a
// folder has instead. CodeCommit shows one folder at a time.
func (l live) Files(ctx context.Context, folders []Folder) (map[Folder][]string, error) {
	cfg, err := l.load()
	if err != nil {
		return nil, err
	}
	client := codecommit.NewFromConfig(cfg, func(o *codecommit.Options) { o.Retryer = patient() })
	type found struct {
		Folder
		files []string
	}
	all, err := sideBySide(folders, func(f Folder) ([]found, error) {
		got, err := client.GetFolder(ctx, &codecommit.GetFolderInput{RepositoryName: &f.Repository, CommitSpecifier: &f.Branch, FolderPath: &f.Path})
		var noCommit *types.CommitDoesNotExistException
		var noFolder *types.FolderDoesNotExistException
		switch {
		case errors.As(err, &noCommit):
			return nil, nil
		case errors.As(err, &noFolder):
			return []found{{f, nil}}, nil
		case err != nil:
			return nil, refused(err)
		}
		var files []string
		for _, file := range got.Files {
			files = append(files, aws.ToString(file.RelativePath))
		}
		return []found{{f, files}}, nil
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
