package cargo_test

import "flag"

// update reports whether golden files are to be rewritten; the flag is registered by the tests inside the package.
func update() bool { return flag.Lookup("update").Value.String() == "true" }
