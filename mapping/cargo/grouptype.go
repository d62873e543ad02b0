// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// groupType tells the kinds of group apart.
type groupType uint8

const (
	typeRecord groupType = iota
	typeMessageReference
	typeAmendment
	typeParty
	typeAddress
	typeContact
	typePlace
	typePlate
	typeMeasure
	typeAmount
	typeBody
	typeConveyance
	typeConveyanceReference
	typeCarrier
	typeRegistration
	typeItineraryPoint
	typeDeparture
	typeArrival
	typeInsurance
	typeVehicle
	typeVehicleSeal
	typeLocomotive
	typePerson
	typePersonName
	typeTravelDocument
	typeConsignment
	typeConsignmentReference
	typeAcceptance
	typeLoading
	typeUnloading
	typeStuffing
	typeDestination
	typeDelivery
	typeRelease
	typeMovement
	typeDiversion
	typeGoods
	typeDangerous
	typeEquipment
	typeSeal
	typeEvent
	typeEventSubject
	typeNotice
	typeNoticeSubject
	typeNoticeError
	typeHold
	typeDisposition
	typeExamRequest
	typeExam
	typeExamFacility
	typeExamStandard
	typeInstrument
	typeOfficer
	typeExamFinding
	typeExamItem
	typeImage
	typeRadiation
	typeNuclide
	typeWoodPackaging
	typeWoodMark
	typeDoNotLoad
	typeInstruction
	typePreload
	typeScreening
	typeRisk
	typeNewInformation
	typeThreatMeasure
	typeRecognition
	typeRecognisedGround
	typeUsedRegister
	typeHumanDecision
	typeTrustedTrader
)

// members are the names of a group's members by number.
func (t groupType) members() []string {
	switch t {
	case typeRecord:
		return []string{"id", "class", "agency", "mode", "function", "issuedAt", "submitter", "reference", "supersedes", "amendment", "caveat", "conveyance", "consignment", "equipment", "event", "notice", "hold", "disposition", "examRequest", "exam", "doNotLoad", "preload", "risk", "newInformation", "threatMeasure", "recognition", "trustedTrader"}
	case typeMessageReference:
		return []string{"message", "original"}
	case typeAmendment:
		return []string{"reason", "type"}
	case typeParty:
		return []string{"name", "id", "naturalPerson", "confidential", "address", "contact"}
	case typeAddress:
		return []string{"line", "city", "subdivision", "postalCode", "country"}
	case typeContact:
		return []string{"name", "role", "phone", "email"}
	case typePlace:
		return []string{"code", "name", "country", "address"}
	case typePlate:
		return []string{"number", "subdivision", "country"}
	case typeMeasure:
		return []string{"value", "unit"}
	case typeAmount:
		return []string{"value", "currency"}
	case typeBody:
		return []string{"hash", "mediaType", "bytes", "expiresAt"}
	case typeConveyance:
		return []string{"reference", "carrier", "type", "id", "name", "flag", "registration", "movementType", "loaded", "crewCount", "passengerCount", "containerCount", "consignmentCount", "itinerary", "lastForeignPort", "departure", "arrival", "stowagePlan", "insurance", "vehicle", "locomotive", "person"}
	case typeConveyanceReference:
		return []string{"trip", "crn", "voyage", "flight", "train", "manifestSequence"}
	case typeCarrier:
		return []string{"name", "id", "naturalPerson", "confidential", "address", "contact", "code"}
	case typeRegistration:
		return []string{"place", "at"}
	case typeItineraryPoint:
		return []string{"code", "name", "country", "address", "arrivalAt", "departureAt"}
	case typeDeparture:
		return []string{"place", "at"}
	case typeArrival:
		return []string{"port", "estimatedAt", "actualAt", "terminal", "certifiedBy"}
	case typeInsurance:
		return []string{"insurer", "policy", "year", "amount"}
	case typeVehicle:
		return []string{"id", "vin", "year", "type", "plate", "iit", "seal"}
	case typeVehicleSeal:
		return []string{"number"}
	case typeLocomotive:
		return []string{"number"}
	case typePerson:
		return []string{"role", "id", "name", "birthDate", "gender", "citizenship", "address", "document", "hazmatEndorsement", "fastEligible"}
	case typePersonName:
		return []string{"last", "first", "middle"}
	case typeTravelDocument:
		return []string{"type", "number", "country", "subdivision", "expiresOn"}
	case typeConsignment:
		return []string{"sequence", "action", "reference", "shipmentType", "consolidated", "split", "splitPart", "rampTransfer", "supplementary", "houseReference", "csaIndicator", "carriageCondition", "instruction", "quantity", "packageType", "boardedQuantity", "weight", "volume", "value", "acceptance", "loading", "unloading", "stuffing", "destination", "delivery", "release", "origin", "shipper", "consignee", "importer", "exporter", "broker", "notify", "deliverTo", "seller", "buyer", "manufacturer", "shipTo", "bookingParty", "stuffer", "forwarder", "warehouse", "intermediateConsignee", "billTo", "secondaryNotify", "movement", "goods"}
	case typeConsignmentReference:
		return []string{"scn", "ccn", "bill", "airWaybill", "house", "master", "oceanBill", "ucr", "trader", "bcn", "entry", "transaction", "release", "service", "previous", "partnerConsignment"}
	case typeAcceptance:
		return []string{"place"}
	case typeLoading:
		return []string{"place", "at"}
	case typeUnloading:
		return []string{"place"}
	case typeStuffing:
		return []string{"location"}
	case typeDestination:
		return []string{"place"}
	case typeDelivery:
		return []string{"place"}
	case typeRelease:
		return []string{"location"}
	case typeMovement:
		return []string{"type", "entryType", "number", "controlNumber", "partnerNumber", "bondedCarrier", "onwardCarrier", "origin", "destination", "foreignDestination", "exitPort", "departureAt", "foodProduct", "goodsLocation", "guarantee", "state", "openedAt", "dueAt", "closedAt", "diversion"}
	case typeDiversion:
		return []string{"port", "authorisedAt"}
	case typeGoods:
		return []string{"sequence", "description", "hsCode", "origin", "quantity", "packageType", "marks", "weight", "volume", "value", "equipment", "vin", "dangerous", "packingMaterial", "woodPackaging"}
	case typeDangerous:
		return []string{"unNumber", "class", "description", "contact"}
	case typeEquipment:
		return []string{"id", "idAsReported", "registeredId", "kind", "type", "loaded", "plate", "owner", "iit", "position", "carriedOn", "consignment", "seal"}
	case typeSeal:
		return []string{"number", "numberAsReported", "class", "technology", "issuerRole", "issuer", "affixedAt", "affixedPlace", "removedAt", "removedPlace", "reason", "replaces", "notifiedAt", "condition", "verification", "checkedAt", "checkedBy", "photo"}
	case typeEvent:
		return []string{"kind", "code", "at", "place", "reportedBy", "subject", "authorised", "resolvedAt"}
	case typeEventSubject:
		return []string{"kind", "number"}
	case typeNotice:
		return []string{"code", "id", "group", "text", "at", "port", "quantity", "subject", "entryType", "serviceOption", "resent", "error"}
	case typeNoticeSubject:
		return []string{"kind", "number"}
	case typeNoticeError:
		return []string{"code", "level"}
	case typeHold:
		return []string{"id", "agency", "kind", "ground", "place", "subject", "code", "placedAt", "liftedAt"}
	case typeDisposition:
		return []string{"kind", "at", "agency", "place", "quantity", "reverses"}
	case typeExamRequest:
		return []string{"id", "requestedBy", "requestedAt", "answerBy", "kind", "ground", "reasonClass", "state"}
	case typeExam:
		return []string{"id", "requestId", "requestedBy", "performedBy", "authority", "status", "kind", "ground", "reasonClass", "startedAt", "completedAt", "facility", "standard", "instrument", "officer", "extent", "extentPercent", "packagesOpened", "outcome", "notPerformedReason", "finding", "recommendation", "threatLevel", "item", "image", "caveat", "supersedes", "radiation", "woodPackaging"}
	case typeExamFacility:
		return []string{"id", "country", "role"}
	case typeExamStandard:
		return []string{"id", "version"}
	case typeInstrument:
		return []string{"id", "class", "model", "standard", "calibratedAt"}
	case typeOfficer:
		return []string{"ref", "role"}
	case typeExamFinding:
		return []string{"code", "measure", "narrative"}
	case typeExamItem:
		return []string{"equipment", "consignment", "pieces", "sealBefore", "sealAfter", "sealClassAfter"}
	case typeImage:
		return []string{"hash", "mediaType", "bytes", "expiresAt", "scannedAt", "itemRead", "quality"}
	case typeRadiation:
		return []string{"hash", "mediaType", "bytes", "expiresAt", "conclusion", "stage", "instrument", "alarm", "startedAt", "endedAt", "nuclide", "analysisStatus", "reachback"}
	case typeNuclide:
		return []string{"name", "confidence", "category"}
	case typeWoodPackaging:
		return []string{"present", "markPresent", "markLegible", "mark", "bark", "soil", "livePest", "pestTaxon", "measure", "noticeNumber"}
	case typeWoodMark:
		return []string{"country", "producer", "treatment"}
	case typeDoNotLoad:
		return []string{"id", "issuedBy", "issuedAt", "state", "reasonClass", "instruction", "contact", "expiresAt", "cancels", "acknowledgeBy", "acknowledgedAt"}
	case typeInstruction:
		return []string{"code", "text"}
	case typePreload:
		return []string{"programme", "code", "state", "screening"}
	case typeScreening:
		return []string{"method", "at"}
	case typeRisk:
		return []string{"level", "indicator", "area", "ruleSet", "assessedAt", "validUntil"}
	case typeNewInformation:
		return []string{"weight", "subject", "at"}
	case typeThreatMeasure:
		return []string{"id", "scope", "value", "from", "until"}
	case typeRecognition:
		return []string{"id", "unit", "examId", "decidedBy", "decidedAt", "stage", "decision", "ground", "reason", "condition", "validUntil", "register", "inputsHash", "ruleSet", "supersedes", "human"}
	case typeRecognisedGround:
		return []string{"ground", "verdict", "reason"}
	case typeUsedRegister:
		return []string{"name", "version", "hash"}
	case typeHumanDecision:
		return []string{"role", "at", "verdict", "noteHash"}
	case typeTrustedTrader:
		return []string{"programme", "number", "tin", "role", "status", "tier", "validFrom", "validTo", "lastValidatedAt", "validatedBy", "consentAt", "issuer"}
	}
	return nil
}
