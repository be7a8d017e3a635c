using Cairn.Client.Connecting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Client;

/// <summary>How a daemon is reached.</summary>
public sealed record ClientOptions
{
    /// <summary>Certificates for TCP addresses; null means plain text.</summary>
    public ClientTls? Tls { get; init; }

    /// <summary>How long connecting may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Silence after which the daemon is asked for a sign of life; null means never.</summary>
    public TimeSpan? KeepaliveInterval { get; init; }

    /// <summary>Where faults of what a session serves are told.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
