package main

import (
	"github.com/spf13/cobra"

	"compose/config"
)

func newSchemaCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration",
		Long: `Print the JSON Schema (draft 2020-12) of the configuration file, for editors
that complete and check while one writes. A language server for TOML finds it
when the first line of the configuration is

  #:schema ./compose.schema.json`,
		Example: `  compose schema > compose.schema.json`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := cmd.OutOrStdout().Write(config.Schema()); err != nil {
				return failure(err)
			}
			return nil
		},
	}
}
