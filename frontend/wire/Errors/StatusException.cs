using Cairn.Llb;

namespace Cairn.Wire.Errors;

/// <summary>An error that another process told with a status. Told again, it keeps its code and its details.</summary>
public sealed class StatusException : BuildException
{
    internal StatusException(ErrorStatus status, BuildException error)
        : base(error) => Status = status;

    /// <summary>What the other process told.</summary>
    public ErrorStatus Status { get; }

    /// <summary>The one behind an error; null if there is none.</summary>
    public static StatusException? Find(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is StatusException status)
            {
                return status;
            }
        }

        return null;
    }
}
