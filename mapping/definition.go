package mapping

// maxLength is the longest value that the directory allows at a position, 0 if it does not say.
func (g *Guide) maxLength(n *node, p position) int { return 0 }
