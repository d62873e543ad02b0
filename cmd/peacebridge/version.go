package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// A version is what was built from what. Everything in it is what the Go toolchain wrote into the binary; nothing is set by hand.
type version struct {
	Version string   `json:"version"` // tag of the main module, or "(devel)"
	Commit  string   `json:"commit"`  // of the working tree, with "+dirty" when that had changes; "" when unknown
	Go      string   `json:"go"`
	Modules []module `json:"modules"` // dependencies, in the order of their paths
}

type module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Sum     string `json:"sum,omitempty"`
}

func buildVersion() version {
	v := version{Version: "(devel)", Go: runtime.Version(), Modules: []module{}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	dirty := false
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Commit = setting.Value
		case "vcs.modified":
			dirty = setting.Value == "true"
		}
	}
	if dirty && v.Commit != "" {
		v.Commit += "+dirty"
	}
	for _, dep := range info.Deps {
		v.Modules = append(v.Modules, module{Path: dep.Path, Version: dep.Version, Sum: dep.Sum})
	}
	return v
}

func versionCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Say what was built from what",
		Long:    "Say what this program was built from: its version, its commit, the Go release and every module with its checksum.",
		Example: "  peacebridge version --json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			v := buildVersion()
			if t.json {
				return t.object(v)
			}
			t.print("peacebridge %s", v.Version)
			if v.Commit != "" {
				t.print("commit %s", v.Commit)
			}
			t.print("%s", v.Go)
			var rows [][]string
			for _, m := range v.Modules {
				rows = append(rows, []string{m.Path, m.Version})
			}
			return t.table([]string{"module", "version"}, rows)
		},
	}
	t.jsonFlag(cmd)
	return cmd
}
