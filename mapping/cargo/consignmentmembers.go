// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Consignment) typ() groupType { return typeConsignment }

func (g *Consignment) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Sequence
	case 1:
		return &g.Action
	case 3:
		return &g.ShipmentType
	case 4:
		return &g.Consolidated
	case 5:
		return &g.Split
	case 6:
		return &g.SplitPart
	case 7:
		return &g.RampTransfer
	case 8:
		return &g.Supplementary
	case 10:
		return &g.CSAIndicator
	case 12:
		return &g.Instruction
	case 13:
		return &g.Quantity
	case 14:
		return &g.PackageType
	case 15:
		return &g.BoardedQuantity
	case 26:
		return &g.Origin
	}
	return nil
}

func (g *Consignment) list(m int) *[]string {
	switch m {
	case 9:
		return &g.HouseReference
	case 11:
		return &g.CarriageCondition
	case 44:
		return &g.SecondaryNotify
	}
	return nil
}

func (g *Consignment) group(m int) Group {
	switch m {
	case 2:
		return some(g.Reference)
	case 16:
		return some(g.Weight)
	case 17:
		return some(g.Volume)
	case 18:
		return some(g.Value)
	case 19:
		return some(g.Acceptance)
	case 20:
		return some(g.Loading)
	case 21:
		return some(g.Unloading)
	case 22:
		return some(g.Stuffing)
	case 23:
		return some(g.Destination)
	case 24:
		return some(g.Delivery)
	case 25:
		return some(g.Release)
	case 27:
		return some(g.Shipper)
	case 28:
		return some(g.Consignee)
	case 29:
		return some(g.Importer)
	case 30:
		return some(g.Exporter)
	case 31:
		return some(g.Broker)
	case 34:
		return some(g.Seller)
	case 35:
		return some(g.Buyer)
	case 36:
		return some(g.Manufacturer)
	case 37:
		return some(g.ShipTo)
	case 38:
		return some(g.BookingParty)
	case 39:
		return some(g.Stuffer)
	case 40:
		return some(g.Forwarder)
	case 41:
		return some(g.Warehouse)
	case 42:
		return some(g.IntermediateConsignee)
	case 43:
		return some(g.BillTo)
	case 45:
		return some(g.Movement)
	}
	return nil
}

func (g *Consignment) grow(m int) Group {
	switch m {
	case 2:
		return grow(&g.Reference)
	case 16:
		return grow(&g.Weight)
	case 17:
		return grow(&g.Volume)
	case 18:
		return grow(&g.Value)
	case 19:
		return grow(&g.Acceptance)
	case 20:
		return grow(&g.Loading)
	case 21:
		return grow(&g.Unloading)
	case 22:
		return grow(&g.Stuffing)
	case 23:
		return grow(&g.Destination)
	case 24:
		return grow(&g.Delivery)
	case 25:
		return grow(&g.Release)
	case 27:
		return grow(&g.Shipper)
	case 28:
		return grow(&g.Consignee)
	case 29:
		return grow(&g.Importer)
	case 30:
		return grow(&g.Exporter)
	case 31:
		return grow(&g.Broker)
	case 34:
		return grow(&g.Seller)
	case 35:
		return grow(&g.Buyer)
	case 36:
		return grow(&g.Manufacturer)
	case 37:
		return grow(&g.ShipTo)
	case 38:
		return grow(&g.BookingParty)
	case 39:
		return grow(&g.Stuffer)
	case 40:
		return grow(&g.Forwarder)
	case 41:
		return grow(&g.Warehouse)
	case 42:
		return grow(&g.IntermediateConsignee)
	case 43:
		return grow(&g.BillTo)
	case 45:
		return grow(&g.Movement)
	}
	return nil
}

func (g *Consignment) count(m int) int {
	switch m {
	case 32:
		return len(g.Notify)
	case 33:
		return len(g.DeliverTo)
	case 46:
		return len(g.Goods)
	}
	return 0
}

func (g *Consignment) item(m, i int) Group {
	switch m {
	case 32:
		return some(g.Notify[i])
	case 33:
		return some(g.DeliverTo[i])
	case 46:
		return some(g.Goods[i])
	}
	return nil
}

func (g *Consignment) add(m int) Group {
	switch m {
	case 32:
		return add(&g.Notify)
	case 33:
		return add(&g.DeliverTo)
	case 46:
		return add(&g.Goods)
	}
	return nil
}

func (g *ConsignmentReference) typ() groupType { return typeConsignmentReference }

func (g *ConsignmentReference) leaf(m int) *string {
	switch m {
	case 0:
		return &g.SCN
	case 1:
		return &g.CCN
	case 2:
		return &g.Bill
	case 3:
		return &g.AirWaybill
	case 4:
		return &g.House
	case 5:
		return &g.Master
	case 6:
		return &g.OceanBill
	case 7:
		return &g.UCR
	case 8:
		return &g.Trader
	case 9:
		return &g.BCN
	case 10:
		return &g.Entry
	case 11:
		return &g.Transaction
	case 13:
		return &g.Service
	case 15:
		return &g.PartnerConsignment
	}
	return nil
}

func (g *ConsignmentReference) list(m int) *[]string {
	switch m {
	case 12:
		return &g.Release
	case 14:
		return &g.Previous
	}
	return nil
}

func (g *ConsignmentReference) group(int) Group { return nil }

func (g *ConsignmentReference) grow(int) Group { return nil }

func (g *ConsignmentReference) count(int) int { return 0 }

func (g *ConsignmentReference) item(int, int) Group { return nil }

func (g *ConsignmentReference) add(int) Group { return nil }

func (g *Acceptance) typ() groupType { return typeAcceptance }

func (g *Acceptance) leaf(int) *string { return nil }

func (g *Acceptance) list(int) *[]string { return nil }

func (g *Acceptance) group(m int) Group {
	switch m {
	case 0:
		return some(g.Place)
	}
	return nil
}

func (g *Acceptance) grow(m int) Group {
	switch m {
	case 0:
		return grow(&g.Place)
	}
	return nil
}

func (g *Acceptance) count(int) int { return 0 }

func (g *Acceptance) item(int, int) Group { return nil }

func (g *Acceptance) add(int) Group { return nil }

func (g *Loading) typ() groupType { return typeLoading }

func (g *Loading) leaf(m int) *string {
	switch m {
	case 1:
		return &g.At
	}
	return nil
}

func (g *Loading) list(int) *[]string { return nil }

func (g *Loading) group(m int) Group {
	switch m {
	case 0:
		return some(g.Place)
	}
	return nil
}

func (g *Loading) grow(m int) Group {
	switch m {
	case 0:
		return grow(&g.Place)
	}
	return nil
}

func (g *Loading) count(int) int { return 0 }

func (g *Loading) item(int, int) Group { return nil }

func (g *Loading) add(int) Group { return nil }

func (g *Unloading) typ() groupType { return typeUnloading }

func (g *Unloading) leaf(int) *string { return nil }

func (g *Unloading) list(int) *[]string { return nil }

func (g *Unloading) group(m int) Group {
	switch m {
	case 0:
		return some(g.Place)
	}
	return nil
}

func (g *Unloading) grow(m int) Group {
	switch m {
	case 0:
		return grow(&g.Place)
	}
	return nil
}

func (g *Unloading) count(int) int { return 0 }

func (g *Unloading) item(int, int) Group { return nil }

func (g *Unloading) add(int) Group { return nil }

func (g *Stuffing) typ() groupType { return typeStuffing }

func (g *Stuffing) leaf(int) *string { return nil }

func (g *Stuffing) list(int) *[]string { return nil }

func (g *Stuffing) group(m int) Group {
	switch m {
	case 0:
		return some(g.Location)
	}
	return nil
}

func (g *Stuffing) grow(m int) Group {
	switch m {
	case 0:
		return grow(&g.Location)
	}
	return nil
}

func (g *Stuffing) count(int) int { return 0 }

func (g *Stuffing) item(int, int) Group { return nil }

func (g *Stuffing) add(int) Group { return nil }

func (g *Destination) typ() groupType { return typeDestination }

func (g *Destination) leaf(int) *string { return nil }

func (g *Destination) list(int) *[]string { return nil }

func (g *Destination) group(m int) Group {
	switch m {
	case 0:
		return some(g.Place)
	}
	return nil
}

func (g *Destination) grow(m int) Group {
	switch m {
	case 0:
		return grow(&g.Place)
	}
	return nil
}

func (g *Destination) count(int) int { return 0 }

func (g *Destination) item(int, int) Group { return nil }

func (g *Destination) add(int) Group { return nil }

func (g *Delivery) typ() groupType { return typeDelivery }

func (g *Delivery) leaf(int) *string { return nil }

func (g *Delivery) list(int) *[]string { return nil }

func (g *Delivery) group(m int) Group {
	switch m {
	case 0:
		return some(g.Place)
	}
	return nil
}

func (g *Delivery) grow(m int) Group {
	switch m {
	case 0:
		return grow(&g.Place)
	}
	return nil
}

func (g *Delivery) count(int) int { return 0 }

func (g *Delivery) item(int, int) Group { return nil }

func (g *Delivery) add(int) Group { return nil }

func (g *Release) typ() groupType { return typeRelease }

func (g *Release) leaf(int) *string { return nil }

func (g *Release) list(int) *[]string { return nil }

func (g *Release) group(m int) Group {
	switch m {
	case 0:
		return some(g.Location)
	}
	return nil
}

func (g *Release) grow(m int) Group {
	switch m {
	case 0:
		return grow(&g.Location)
	}
	return nil
}

func (g *Release) count(int) int { return 0 }

func (g *Release) item(int, int) Group { return nil }

func (g *Release) add(int) Group { return nil }
