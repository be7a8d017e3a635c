namespace Cairn.Rpc.Calls;

/// <summary>How a call ended.</summary>
/// <remarks>Source: gRPC, statuscodes.md.</remarks>
public enum StatusCode
{
    /// <summary>As it should.</summary>
    Ok = 0,

    /// <summary>The caller gave it up.</summary>
    Cancelled = 1,

    /// <summary>Nobody knows more than the message says.</summary>
    Unknown = 2,

    /// <summary>The request makes no sense, whatever the state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>The time was up.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for is not there.</summary>
    NotFound = 5,

    /// <summary>What was to be made is there.</summary>
    AlreadyExists = 6,

    /// <summary>This caller may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A limit is reached.</summary>
    ResourceExhausted = 8,

    /// <summary>The state of the server does not allow it now.</summary>
    FailedPrecondition = 9,

    /// <summary>A conflict with somebody else; trying again may help.</summary>
    Aborted = 10,

    /// <summary>Past the end of something.</summary>
    OutOfRange = 11,

    /// <summary>The server does not know the method.</summary>
    Unimplemented = 12,

    /// <summary>A fault of the server or of the protocol.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached now.</summary>
    Unavailable = 14,

    /// <summary>What was stored is damaged.</summary>
    DataLoss = 15,

    /// <summary>The server does not know who calls.</summary>
    Unauthenticated = 16,
}
