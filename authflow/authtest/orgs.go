package authtest

import (
	"strconv"

	"github.com/go-thoughtspot/tsauth/gen"
)

// PrimaryOrg is the number of the Org that is always there.
const PrimaryOrg int32 = 0

type orgs []gen.Org

func (o *orgs) add(org gen.Org) error {
	for _, other := range *o {
		switch {
		case other.ID == org.ID:
			return mistakef("id", "Org %d %q is given twice", org.ID, org.Name)
		case other.Name == org.Name:
			return mistakef("name", "Org %d %q is given twice", org.ID, org.Name)
		}
	}
	switch {
	case org.ID < 0:
		return mistakef("id", "Org %d %q needs a number from 1", org.ID, org.Name)
	case org.Name == "":
		return mistakef("name", "Org %d needs a name", org.ID)
	}
	*o = append(*o, org)
	return nil
}

func (o orgs) byID(id int32) (gen.Org, bool) {
	for _, org := range o {
		if org.ID == id {
			return org, true
		}
	}
	return gen.Org{}, false
}

// find takes the name or the number of an Org; a name goes first.
func (o orgs) find(identifier string) (gen.Org, bool) {
	for _, org := range o {
		if org.Name == identifier {
			return org, true
		}
	}
	id, err := strconv.ParseInt(identifier, 10, 32)
	if err != nil {
		return gen.Org{}, false
	}
	return o.byID(int32(id))
}
