extension PanelState {
    mutating func sendCommand(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let server = try openServer(call)
        try require("control.console", call, server)
        guard let command = call.input["command"]?.string else {
            var validation = Validation()
            validation.required("command")
            throw PanelFailure(invalid: validation.entries)
        }
        let isUp = (wingsOfServer[server.id] ?? wings) == .up
        let path = "/api/servers/\(server.uuid)/commands"
        guard server.process != .offline || !isUp else {
            try callWings("POST", path, server: server.id, status: 502)
            throw PanelFailure(502, "HttpException", "Server must be online in order to send commands.")
        }
        try callWings("POST", path, server: server.id)
        // A process that starts or stops takes the line, and nothing comes of it.
        guard server.isOnline || server.process == .offline else { return .noContent }
        console.append(ConsoleCommand(serverID: server.id, text: command, userID: call.user.id, at: call.now))
        trim(&console)
        changeLuckPerms(of: server.id) { $0.run(command, now: call.now) }
        return .noContent
    }

    mutating func sendPower(_ call: Call) throws(PanelFailure) -> PanelResponse {
        var server = try openServer(call)
        let signal = call.input["signal"]?.string
        switch signal {
        case "start": try require("control.start", call, server)
        case "stop", "kill": try require("control.stop", call, server)
        case "restart": try require("control.restart", call, server)
        default:
            var validation = Validation()
            if signal == nil { validation.required("signal") } else { validation.invalid("signal", rule: "in") }
            throw PanelFailure(invalid: validation.entries)
        }
        try callWings("POST", "/api/servers/\(server.uuid)/power", server: server.id, status: 202)
        server.isOnline = signal == "start" || signal == "restart"
        if server.isOnline { server.startedAt = call.now }
        replace(server)
        return .noContent
    }
}
