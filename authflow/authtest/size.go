package authtest

// maxValue bounds the values that a document can demand, in bytes. Lists of lists of
// 100 items each would soon fill the memory.
const maxValue = 1 << 20

// sizeOf returns about how many bytes the JSON form of a value has, or a number above
// most, as soon as it is known that it has more.
func sizeOf(v any, most int) int {
	size := 1
	switch v := v.(type) {
	case string:
		size += len(v)
	case []any:
		for _, item := range v {
			if size > most {
				return size
			}
			size += sizeOf(item, most-size)
		}
	case map[string]any:
		for name, value := range v {
			if size > most {
				return size
			}
			size += len(name) + sizeOf(value, most-size)
		}
	}
	return size
}
