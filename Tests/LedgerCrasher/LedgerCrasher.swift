@main enum LedgerCrasher { static func main() {} }
