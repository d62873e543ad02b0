// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Conveyance) typ() groupType { return typeConveyance }

func (g *Conveyance) leaf(m int) *string {
	switch m {
	case 2:
		return &g.Type
	case 3:
		return &g.ID
	case 4:
		return &g.Name
	case 5:
		return &g.Flag
	case 7:
		return &g.MovementType
	case 8:
		return &g.Loaded
	case 9:
		return &g.CrewCount
	case 10:
		return &g.PassengerCount
	case 11:
		return &g.ContainerCount
	case 12:
		return &g.ConsignmentCount
	}
	return nil
}

func (g *Conveyance) list(int) *[]string { return nil }

func (g *Conveyance) group(m int) Group {
	switch m {
	case 0:
		return some(g.Reference)
	case 1:
		return some(g.Carrier)
	case 6:
		return some(g.Registration)
	case 14:
		return some(g.LastForeignPort)
	case 15:
		return some(g.Departure)
	case 16:
		return some(g.Arrival)
	case 17:
		return some(g.StowagePlan)
	case 18:
		return some(g.Insurance)
	}
	return nil
}

func (g *Conveyance) grow(m int) Group {
	switch m {
	case 0:
		return grow(&g.Reference)
	case 1:
		return grow(&g.Carrier)
	case 6:
		return grow(&g.Registration)
	case 14:
		return grow(&g.LastForeignPort)
	case 15:
		return grow(&g.Departure)
	case 16:
		return grow(&g.Arrival)
	case 17:
		return grow(&g.StowagePlan)
	case 18:
		return grow(&g.Insurance)
	}
	return nil
}

func (g *Conveyance) count(m int) int {
	switch m {
	case 13:
		return len(g.Itinerary)
	case 19:
		return len(g.Vehicle)
	case 20:
		return len(g.Locomotive)
	case 21:
		return len(g.Person)
	}
	return 0
}

func (g *Conveyance) item(m, i int) Group {
	switch m {
	case 13:
		return some(g.Itinerary[i])
	case 19:
		return some(g.Vehicle[i])
	case 20:
		return some(g.Locomotive[i])
	case 21:
		return some(g.Person[i])
	}
	return nil
}

func (g *Conveyance) add(m int) Group {
	switch m {
	case 13:
		return add(&g.Itinerary)
	case 19:
		return add(&g.Vehicle)
	case 20:
		return add(&g.Locomotive)
	case 21:
		return add(&g.Person)
	}
	return nil
}

func (g *ConveyanceReference) typ() groupType { return typeConveyanceReference }

func (g *ConveyanceReference) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Trip
	case 1:
		return &g.CRN
	case 2:
		return &g.Voyage
	case 3:
		return &g.Flight
	case 4:
		return &g.Train
	case 5:
		return &g.ManifestSequence
	}
	return nil
}

func (g *ConveyanceReference) list(int) *[]string { return nil }

func (g *ConveyanceReference) group(int) Group { return nil }

func (g *ConveyanceReference) grow(int) Group { return nil }

func (g *ConveyanceReference) count(int) int { return 0 }

func (g *ConveyanceReference) item(int, int) Group { return nil }

func (g *ConveyanceReference) add(int) Group { return nil }

func (g *Carrier) typ() groupType { return typeCarrier }

func (g *Carrier) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Name
	case 2:
		return &g.NaturalPerson
	case 3:
		return &g.Confidential
	case 6:
		return &g.Code
	}
	return nil
}

func (g *Carrier) list(m int) *[]string {
	switch m {
	case 1:
		return &g.ID
	}
	return nil
}

func (g *Carrier) group(m int) Group {
	switch m {
	case 4:
		return some(g.Address)
	}
	return nil
}

func (g *Carrier) grow(m int) Group {
	switch m {
	case 4:
		return grow(&g.Address)
	}
	return nil
}

func (g *Carrier) count(m int) int {
	switch m {
	case 5:
		return len(g.Contact)
	}
	return 0
}

func (g *Carrier) item(m, i int) Group {
	switch m {
	case 5:
		return some(g.Contact[i])
	}
	return nil
}

func (g *Carrier) add(m int) Group {
	switch m {
	case 5:
		return add(&g.Contact)
	}
	return nil
}

func (g *Registration) typ() groupType { return typeRegistration }

func (g *Registration) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Place
	case 1:
		return &g.At
	}
	return nil
}

func (g *Registration) list(int) *[]string { return nil }

func (g *Registration) group(int) Group { return nil }

func (g *Registration) grow(int) Group { return nil }

func (g *Registration) count(int) int { return 0 }

func (g *Registration) item(int, int) Group { return nil }

func (g *Registration) add(int) Group { return nil }

func (g *ItineraryPoint) typ() groupType { return typeItineraryPoint }

func (g *ItineraryPoint) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Code
	case 1:
		return &g.Name
	case 2:
		return &g.Country
	case 4:
		return &g.ArrivalAt
	case 5:
		return &g.DepartureAt
	}
	return nil
}

func (g *ItineraryPoint) list(int) *[]string { return nil }

func (g *ItineraryPoint) group(m int) Group {
	switch m {
	case 3:
		return some(g.Address)
	}
	return nil
}

func (g *ItineraryPoint) grow(m int) Group {
	switch m {
	case 3:
		return grow(&g.Address)
	}
	return nil
}

func (g *ItineraryPoint) count(int) int { return 0 }

func (g *ItineraryPoint) item(int, int) Group { return nil }

func (g *ItineraryPoint) add(int) Group { return nil }

func (g *Departure) typ() groupType { return typeDeparture }

func (g *Departure) leaf(m int) *string {
	switch m {
	case 1:
		return &g.At
	}
	return nil
}

func (g *Departure) list(int) *[]string { return nil }

func (g *Departure) group(m int) Group {
	switch m {
	case 0:
		return some(g.Place)
	}
	return nil
}

func (g *Departure) grow(m int) Group {
	switch m {
	case 0:
		return grow(&g.Place)
	}
	return nil
}

func (g *Departure) count(int) int { return 0 }

func (g *Departure) item(int, int) Group { return nil }

func (g *Departure) add(int) Group { return nil }

func (g *Arrival) typ() groupType { return typeArrival }

func (g *Arrival) leaf(m int) *string {
	switch m {
	case 1:
		return &g.EstimatedAt
	case 2:
		return &g.ActualAt
	case 4:
		return &g.CertifiedBy
	}
	return nil
}

func (g *Arrival) list(int) *[]string { return nil }

func (g *Arrival) group(m int) Group {
	switch m {
	case 0:
		return some(g.Port)
	case 3:
		return some(g.Terminal)
	}
	return nil
}

func (g *Arrival) grow(m int) Group {
	switch m {
	case 0:
		return grow(&g.Port)
	case 3:
		return grow(&g.Terminal)
	}
	return nil
}

func (g *Arrival) count(int) int { return 0 }

func (g *Arrival) item(int, int) Group { return nil }

func (g *Arrival) add(int) Group { return nil }

func (g *Insurance) typ() groupType { return typeInsurance }

func (g *Insurance) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Insurer
	case 1:
		return &g.Policy
	case 2:
		return &g.Year
	}
	return nil
}

func (g *Insurance) list(int) *[]string { return nil }

func (g *Insurance) group(m int) Group {
	switch m {
	case 3:
		return some(g.Amount)
	}
	return nil
}

func (g *Insurance) grow(m int) Group {
	switch m {
	case 3:
		return grow(&g.Amount)
	}
	return nil
}

func (g *Insurance) count(int) int { return 0 }

func (g *Insurance) item(int, int) Group { return nil }

func (g *Insurance) add(int) Group { return nil }

func (g *Vehicle) typ() groupType { return typeVehicle }

func (g *Vehicle) leaf(m int) *string {
	switch m {
	case 1:
		return &g.VIN
	case 2:
		return &g.Year
	case 3:
		return &g.Type
	case 5:
		return &g.IIT
	}
	return nil
}

func (g *Vehicle) list(m int) *[]string {
	switch m {
	case 0:
		return &g.ID
	}
	return nil
}

func (g *Vehicle) group(m int) Group {
	switch m {
	case 4:
		return some(g.Plate)
	}
	return nil
}

func (g *Vehicle) grow(m int) Group {
	switch m {
	case 4:
		return grow(&g.Plate)
	}
	return nil
}

func (g *Vehicle) count(m int) int {
	switch m {
	case 6:
		return len(g.Seal)
	}
	return 0
}

func (g *Vehicle) item(m, i int) Group {
	switch m {
	case 6:
		return some(g.Seal[i])
	}
	return nil
}

func (g *Vehicle) add(m int) Group {
	switch m {
	case 6:
		return add(&g.Seal)
	}
	return nil
}

func (g *VehicleSeal) typ() groupType { return typeVehicleSeal }

func (g *VehicleSeal) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Number
	}
	return nil
}

func (g *VehicleSeal) list(int) *[]string { return nil }

func (g *VehicleSeal) group(int) Group { return nil }

func (g *VehicleSeal) grow(int) Group { return nil }

func (g *VehicleSeal) count(int) int { return 0 }

func (g *VehicleSeal) item(int, int) Group { return nil }

func (g *VehicleSeal) add(int) Group { return nil }

func (g *Locomotive) typ() groupType { return typeLocomotive }

func (g *Locomotive) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Number
	}
	return nil
}

func (g *Locomotive) list(int) *[]string { return nil }

func (g *Locomotive) group(int) Group { return nil }

func (g *Locomotive) grow(int) Group { return nil }

func (g *Locomotive) count(int) int { return 0 }

func (g *Locomotive) item(int, int) Group { return nil }

func (g *Locomotive) add(int) Group { return nil }
