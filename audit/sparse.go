package audit

import (
	"errors"
	"syscall"
)

// seekData is lseek's SEEK_DATA: the next byte that is not in a hole.
const seekData = 3

// isNoData says that nothing but a hole follows.
func isNoData(err error) bool { return errors.Is(err, syscall.ENXIO) }
