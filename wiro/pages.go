package wiro

import "iter"

const defaultPageSize = 20

func pageSize(limit int) int {
	if limit <= 0 {
		return defaultPageSize
	}
	return limit
}

// pages returns the elements of a list that comes in pages, from start on. Page returns the
// elements from an offset on and how many there are in all, 0 or below if that is unknown. An
// element that moved onto the next page, because others came before it meanwhile, is not
// returned twice.
func pages[T any](start int, page func(start int) ([]T, int64, error), id func(T) string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]bool{} // on the page before
		for offset := max(0, start); ; {
			list, total, err := page(offset)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			previous := seen
			seen = make(map[string]bool, len(list))
			for _, element := range list {
				name := id(element)
				seen[name] = true
				if !previous[name] && !yield(element, nil) {
					return
				}
			}
			offset += len(list)
			if len(list) == 0 || total > 0 && int64(offset) >= total {
				return
			}
		}
	}
}
