# Asks for addresses over HTTP/2, all at once, by httpx (on h2), and prints a line of JSON for each.
import asyncio, hashlib, json, sys
import httpx

async def ask(client, url, tag):
    try:
        reply = await client.get(url, headers={} if tag == "-" else {"if-none-match": tag})
        return {"URL": url, "Protocol": reply.http_version, "Status": reply.status_code, "Sha256": hashlib.sha256(reply.content).hexdigest(), "Error": ""}
    except Exception as error:
        return {"URL": url, "Error": repr(error)}

async def main(tag, urls):
    async with httpx.AsyncClient(http1=False, http2=True, verify=False, timeout=60) as client:
        for answer in await asyncio.gather(*(ask(client, url, tag) for url in urls)):
            print(json.dumps(answer))

asyncio.run(main(sys.argv[1], sys.argv[2:]))
