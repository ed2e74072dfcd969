import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { WebReply } from '../web/server.ts'

/** The first page of the GUI, as a browser gets it. It names its node. */
export function loginPage(hostname: string): WebReply {
  const html = `<!DOCTYPE html>
<html lang="en">
<head>
 <meta name="viewport" content="width=device-width, initial-scale=1">
 <link rel="stylesheet" href="/vendor/bootstrap/css/bootstrap.min.css" type="text/css">
 <link rel="stylesheet" href="/css/login.css?v=1701800400" type="text/css">
 <title>${escapeHtml(hostname)} - Login</title>
</head>
<body id="login">
 <div id="total">
  <header><div id="headerrow"><div class="row"><div class="col-sm-4"></div>
   <div class="col-sm-8 nowarning msgbox text-center"><span id="hostspan">${escapeHtml(hostname)}</span></div>
  </div></div></header>
  <div style="background: #1e3f75;" class="pagebody">
   <div class="col-sm-4"></div>
   <div class="col-sm-4 offset-md-4 logoCol">
    <div class="loginCont center-block text-center">
     <form method="post" class="login">
      <p class="form-title">Sign In</p>
      <input name="usernamefld" id="usernamefld" type="text" placeholder="Username" autocorrect="off" autocapitalize="none"/>
      <input name="passwordfld" id="passwordfld" type="password" placeholder="Password" />
      <input type="submit" name="login" value="Sign In" class="btn btn-success btn-sm" />
     </form>
    </div>
   </div>
   <div class="col-sm-4"></div>
  </div>
  <footer id="3"><div id="footertext"><p class="text-muted">pfSense is developed and maintained by Netgate.</p></div></footer>
 </div>
</body>
</html>
`
  return {
    status: 200,
    reason: 'OK',
    contentType: 'text/html; charset=UTF-8',
    body: utf8ToBytes(html),
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
