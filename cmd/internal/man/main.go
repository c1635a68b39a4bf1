// Command man writes the manual pages and the shell completions of unigate, for
// packages: man FOLDER. The date of the pages is SOURCE_DATE_EPOCH (seconds), so that two builds
// of one commit are equal.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra/doc"

	"github.com/unigate/unigate/cmd/internal/cli"
)

func main() {
	if err := run(os.Args[1:], os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		fmt.Fprintln(os.Stderr, "man:", err)
		os.Exit(1)
	}
}

// run writes everything below the folder.
func run(args []string, epoch string) error {
	if len(args) != 1 {
		return errors.New("usage: man FOLDER")
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH holds no seconds: %w", err)
	}
	for _, folder := range []string{"man", "completions"} {
		if err := os.MkdirAll(filepath.Join(args[0], folder), 0o755); err != nil { //nolint:gosec // for everybody
			return err
		}
	}
	root := cli.Command()
	root.DisableAutoGenTag = true
	date := time.Unix(seconds, 0).UTC()
	header := &doc.GenManHeader{Title: "UNIGATE", Section: "1", Date: &date, Source: "unigate", Manual: "unigate"}
	if err := doc.GenManTree(root, header, filepath.Join(args[0], "man")); err != nil {
		return err
	}
	completions := filepath.Join(args[0], "completions")
	return errors.Join(
		root.GenBashCompletionFileV2(filepath.Join(completions, "unigate.bash"), true),
		root.GenZshCompletionFile(filepath.Join(completions, "unigate.zsh")),
		root.GenFishCompletionFile(filepath.Join(completions, "unigate.fish"), true),
		root.GenPowerShellCompletionFileWithDesc(filepath.Join(completions, "unigate.ps1")),
	)
}
