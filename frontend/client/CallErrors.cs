using System.Runtime.CompilerServices;
using Cairn.Llb;
using Cairn.Rpc.Calls;
using Cairn.Wire.Errors;

namespace Cairn.Client;

/// <summary>Failed calls in this house's errors.</summary>
internal static class CallErrors
{
    /// <summary>What the daemon said, with its typed details, vertex and places in the source; or that it cannot be reached.</summary>
    public static BuildException Of(RpcException error) => error.Status.Code switch
    {
        StatusCode.Unavailable when error.Status.Details.IsEmpty =>
            new BuildException(ErrorKind.Environment, "reach daemon", "", error.Status.Message, "See whether the daemon still runs.", error),
        StatusCode.DeadlineExceeded => new BuildException(ErrorKind.Environment, "reach daemon", "", error.Status.Message, null, error),
        _ => ErrorStatus.From(error.Status).ToException(),
    };

    public static async Task<T> GuardAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (RpcException e)
        {
            throw Of(e);
        }
    }

    public static async IAsyncEnumerable<T> GuardAsync<T>(IAsyncEnumerable<T> messages, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using IAsyncEnumerator<T> source = messages.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await source.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (RpcException e)
            {
                throw Of(e);
            }

            yield return source.Current;
        }
    }
}
