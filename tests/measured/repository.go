package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// measuredPaths are the folders whose code the benchmarks measure.
func measuredPaths() []string { return []string{"authflow", "gen", "api/wire"} }

// commit is one line of git log.
type commit struct {
	hash, day, subject string
}

// String returns the commit in one line.
func (c commit) String() string { return fmt.Sprintf("%.12s %s %s", c.hash, c.day, c.subject) }

// is reports whether named is the beginning of the commit's hash.
func (c commit) is(named string) bool { return strings.HasPrefix(c.hash, named) }

// sentence names the commit in the page. The pattern below reads it.
func (c commit) sentence() string {
	return fmt.Sprintf("Measured at commit %.12s of %s, the last one that changed authflow, gen or api/wire.", c.hash, c.day)
}

var sentencePattern = regexp.MustCompile(`Measured at commit ([0-9a-f]{12}) `)

// repository is the top folder of a working copy.
type repository string

// named returns the commit that the page names.
func (r repository) named() (string, error) {
	text, err := os.ReadFile(filepath.Join(string(r), filepath.FromSlash(page)))
	if err != nil {
		return "", err
	}
	match := sentencePattern.FindSubmatch(text)
	if match == nil {
		return "", fmt.Errorf("%s names no commit; make bench-report writes it", page)
	}
	return string(match[1]), nil
}

// lastCommit returns the last commit that changed what is measured.
func (r repository) lastCommit(ctx context.Context) (commit, error) {
	commits, err := r.log(ctx, "-1")
	if err == nil && len(commits) == 0 {
		err = errors.New("no commit has authflow, gen or api/wire: run this in the top folder of the project")
	}
	if err != nil {
		return commit{}, err
	}
	return commits[0], nil
}

// since returns the commits after named that changed what is measured, the last one
// first. There are none if the repository does not have named.
func (r repository) since(ctx context.Context, named string) ([]commit, error) {
	if _, err := r.git(ctx, "cat-file", "-e", named+"^{commit}"); err != nil {
		return nil, nil //nolint:nilerr // git has no other word for a commit that is not there
	}
	return r.log(ctx, named+"..HEAD")
}

// log returns the commits in revisions that changed what is measured.
func (r repository) log(ctx context.Context, revisions string) (commits []commit, err error) {
	out, err := r.git(ctx, append([]string{"log", "--format=%H %cs %s", revisions, "--"}, measuredPaths()...)...)
	for line := range strings.Lines(out) {
		hash, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		day, subject, _ := strings.Cut(rest, " ")
		commits = append(commits, commit{hash, day, subject})
	}
	return commits, err
}

// clean returns an error if something that is measured is not committed.
func (r repository) clean(ctx context.Context) error {
	out, err := r.git(ctx, append([]string{"status", "--porcelain", "--"}, measuredPaths()...)...)
	if err == nil && out != "" {
		err = fmt.Errorf("not committed, so no commit would name what is measured:\n%s", out)
	}
	return err
}

// unreadable says why the history cannot be read; "" if it can.
func (r repository) unreadable(ctx context.Context) (string, error) {
	if _, err := os.Stat(filepath.Join(string(r), ".git")); errors.Is(err, os.ErrNotExist) {
		return "there is no .git folder", nil
	}
	shallow, err := r.git(ctx, "rev-parse", "--is-shallow-repository")
	if strings.TrimSpace(shallow) == "true" {
		return "this clone is shallow; git fetch --unshallow gets the history", nil
	}
	return "", err
}

// git returns what a git command prints.
func (r repository) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", string(r)}, args...)...)
	cmd.Env = environment()
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", args[0], err, problem.Bytes())
	}
	return string(out), nil
}

// environment is that of this process, except for the variables with which git calls its
// hooks: they name a repository that counts more than the current folder.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
}
