using System.Globalization;
using Cairn.Llb;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Solver.Sessions;
using Cairn.Wire.Files;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Daemon.Sessions;

/// <summary>Results go to a client over its tunnel.</summary>
/// <remarks>Source: session.md, section 13.</remarks>
internal sealed class RemoteExports(RemoteSession session) : IExportTarget
{
    private const string ExportStore = "export";
    private const int BufferSize = 128 << 10;

    public async Task<bool> WriteFileAsync(
        int export,
        IReadOnlyDictionary<string, string> response,
        Func<Stream, CancellationToken, Task> write,
        CancellationToken cancellationToken)
    {
        EnsureOffered();
        Metadata headers = Headers(export);
        foreach ((string key, string value) in response)
        {
            AddText(headers, HeaderNames.ExporterMetadataPrefix + key, value);
        }

        try
        {
            await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call =
                await session.BeginAsync(FileSendMethods.DiffCopyFile, headers, cancellationToken);
            await SendAsync(call, write, cancellationToken);
            return true;
        }
        catch (RpcException e) when (e.Status.Code == StatusCode.AlreadyExists)
        {
            return false;
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "send result to client", "");
        }
    }

    public string? DirectoryOf(int export) => null;

    public async Task SendTreeAsync(int export, bool isComplete, ISentTree tree, CancellationToken cancellationToken)
    {
        EnsureOffered();
        Metadata headers = Headers(export);
        if (isComplete)
        {
            headers.Add(HeaderNames.ExporterMultiPlatform, "1");
        }

        try
        {
            await using ClientCall<FilePacket, FilePacket> call = await session.BeginAsync(FileSendMethods.DiffCopyTree, headers, cancellationToken);
            await PacketSender.SendAsync(
                tree.WalkAsync(cancellationToken), path => new ReportedStream(tree.Open(path), tree), call.Responses, call.Requests, cancellationToken);
            await call.Requests.CompleteAsync(cancellationToken);
            while (await call.Responses.MoveNextAsync(cancellationToken))
            {
                call.Responses.Current.Release();   // to the end of the call, which says whether all is well
            }
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "send files to client", "");
        }
    }

    public IBlobTarget? BlobsOf(int export) => new RemoteContent(session, ExportStore);

    private static async Task SendAsync(
        ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        ByteMessageStream file = call.AsByteStream();
        try
        {
            await using (var buffered = new BufferedStream(file, BufferSize))
            {
                await write(buffered, cancellationToken);
                await buffered.FlushAsync(cancellationToken);
            }   // which ends our half

            await ReadToEndAsync(file, cancellationToken);
        }
        catch (Exception e) when (Answer(e) is { } ended)
        {
            // A client that wants no more says why in its status, which comes after the refusal to take more.
            await ReadToEndAsync(file, cancellationToken);
            throw new RpcException(ended.Status, ended.Trailers, e);
        }
    }

    private static async Task ReadToEndAsync(ByteMessageStream file, CancellationToken cancellationToken)
    {
        byte[] ignored = new byte[256];
        try
        {
            while (await file.ReadAsync(ignored, cancellationToken) > 0)
            {
                // A client has nothing to say here.
            }
        }
        catch (IOException e) when (Answer(e) is { } answer)
        {
            throw new RpcException(answer.Status, answer.Trailers, e);
        }
    }

    private static RpcException? Answer(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is RpcException answer)
            {
                return answer;
            }
        }

        return null;
    }

    private static Metadata Headers(int export) => new() { { HeaderNames.ExporterId, export.ToString(CultureInfo.InvariantCulture) } };

    // Not every key of an exporter can be the name of a field; such keys are in the answer of the build only.
    private static void AddText(Metadata headers, string name, string value)
    {
        if (name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && value.All(static c => c is >= ' ' and <= '~'))
        {
            headers.Add(name, value);
        }
    }

    private void EnsureOffered()
    {
        if (!session.Serves(FileSendMethods.Path))
        {
            throw new BuildException(
                ErrorKind.Input, "", "", $"method {FileSendMethods.Path.Replace("DiffCopy", "diffcopy", StringComparison.Ordinal)} not supported by the client");
        }
    }
}
